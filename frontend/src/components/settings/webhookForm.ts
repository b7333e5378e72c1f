/** The rules of the outgoing webhook's form, as the API has them. */
import { z } from 'zod';

export const EVENTS = {
  'dataset.updated': 'A dataset has new rows',
  'run.failed': 'A run failed',
  'run.recovered': 'A run succeeded after the one before had failed',
  'dataset.stale': 'A dataset is older than promised',
  'dataset.fresh': 'A late dataset is fresh again',
  'connector.needs_reauth': 'A connector must be connected again',
} as const;
export type WebhookEvent = keyof typeof EVENTS;

const SECRET = /^whsec_[A-Za-z0-9+/]+={0,2}$/;

export const webhookForm = z
  .object({
    url: z.union([z.literal(''), z.url({ protocol: /^https?$/, error: 'Give a whole address, such as https://example.com/hooks.' })]),
    events: z.array(z.enum(Object.keys(EVENTS) as [WebhookEvent, ...WebhookEvent[]])),
    secret: z.string().refine((value) => value === '' || SECRET.test(value), 'It begins with whsec_, then 24 to 64 random bytes in base64.'),
  })
  .refine(({ url, events }) => url === '' || events.length > 0, { path: ['events'], error: 'Choose at least one event.' });

export type WebhookValues = z.infer<typeof webhookForm>;

/** A fresh secret: 32 random bytes. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
