/** The rules of the forms: those of the API's own document, in words that say what to enter. */
import { z } from 'zod';

import { zRateLimitConfig } from '@/lib/api/generated/zod.gen';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const CREDENTIAL_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie']);
const SLOT = /\{[a-z][a-z0-9_]*\}/;

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

const address = z
  .string()
  .trim()
  .min(1, 'Enter the address of the API.')
  .max(2048)
  .refine((text) => !SLOT.test(text), 'Fill in the part in braces below.')
  .refine((text) => SLOT.test(text) || isAddress(text), 'Enter an address that begins with https:// or http://.')
  .refine((text) => !text.includes('#'), 'Leave out the part from # on: it is never sent.')
  .refine((text) => !/[\s\\]/.test(text), 'An address has no spaces and no backslash.')
  .refine((text) => !isAddress(text) || new URL(text).username === '', 'No user name in an address: it belongs to the credential.');

const header = z.object({
  name: z
    .string()
    .regex(HEADER_NAME, 'A header name has letters, digits and dashes, without spaces.')
    .refine((name) => !CREDENTIAL_HEADERS.has(name.toLowerCase()), 'Credentials belong to the next step, where they are sealed.'),
  value: z.string().max(4096).regex(/^[\x20-\x7e\x80-\xff]*$/, 'A header holds one line of Latin characters.'),
});

function eachOnce(headers: { name: string }[], context: z.RefinementCtx): void {
  headers.forEach(({ name }, index) => {
    const before = headers.slice(0, index).some((other) => other.name.toLowerCase() === name.toLowerCase());
    if (before && name !== '') context.addIssue({ code: 'custom', path: [index, 'name'], message: 'This header is there already; one value is sent.' });
  });
}

const limits = zRateLimitConfig.shape;
const whole = (schema: z.ZodType, words: string) =>
  z.number({ error: words }).int(words).refine((value) => schema.safeParse(value).success, words);

export const whereRules = z.object({
  name: z.string().max(200, 'At most 200 characters.'),
  baseUrl: address,
  headers: z.array(header).max(64).superRefine(eachOnce),
  requestsPerMinute: whole(limits.requestsPerMinute, 'A whole number from 1 to 100,000.'),
  burstLimit: whole(limits.burstLimit, 'A whole number from 1 to 10,000.'),
});

/** A stored connector's; a new secret is optional there. */
export const settingsRules = whereRules.extend({ name: whereRules.shape.name.min(1, 'A connector needs a name.'), secret: z.string().max(16_384) });

const optionalAddress = z.string().refine((text) => text === '' || isAddress(text), 'Enter an address that begins with https://.');

export const oauthRules = z
  .object({
    grant: z.enum(['authorization_code', 'client_credentials']),
    issuer: optionalAddress,
    authorizationUrl: optionalAddress,
    tokenUrl: optionalAddress,
    revocationUrl: optionalAddress,
    clientId: z.string().min(1, 'Enter the client id of your app at the provider.').max(512),
    tokenEndpointAuthMethod: z.enum(['none', 'client_secret_basic', 'client_secret_post']),
    scopes: z.string(),
    audience: z.string(),
    clientSecret: z.string(),
  })
  .refine((form) => form.issuer !== '' || form.tokenUrl !== '', { path: ['tokenUrl'], message: 'Enter the token URL, or the issuer to find it by.' })
  .refine((form) => form.grant !== 'authorization_code' || form.issuer !== '' || form.authorizationUrl !== '', {
    path: ['authorizationUrl'],
    message: 'Enter the authorization URL, or the issuer to find it by.',
  });

const SENT = /^[\x21-\x7e]*$/;
const NOT_SENT = 'A token has letters, digits and signs of ASCII alone, without spaces.';

const bearerToken = z
  .string()
  .trim()
  .max(16_384)
  .refine((text) => !/^bearer\s/i.test(text), 'Paste the token alone: “Bearer” is put before it.')
  .regex(SENT, { error: NOT_SENT });

export const bearerRules = z.object({ bearerToken: bearerToken.min(1, 'Paste the token.') });

/** Where the server has a token already, none is needed. */
export const storedBearerRules = z.object({ bearerToken });

export const apiKeyRules = z.object({
  keyName: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z[\]-]{1,128}$/, 'A name without spaces, such as X-API-Key.'),
  keyLocation: z.enum(['header', 'query']),
  keyPrefix: z.string().max(64),
  apiKey: z.string().min(1, 'Paste the key.').max(16_384),
});

/** Where the server has the key already, none is needed. */
export const storedKeyRules = apiKeyRules.extend({ apiKey: z.string().max(16_384) });
