/**
 * The generated client, set up once: cookies of this origin, and every failure as an ApiError.
 * Import operations and types from here, never from `generated` itself.
 */
import { client } from './generated/client.gen';
import { toApiError } from './problem';

client.setConfig({ baseUrl: window.location.origin, credentials: 'same-origin', throwOnError: true });
client.interceptors.error.use((body, response) => toApiError(body, response));

export * from './generated';

/** The body of an operation's answer: `await data(getRun({ path: { runId } }))`. */
export async function data<T>(answer: Promise<{ data: T }>): Promise<T> {
  return (await answer).data;
}

/** A key for a POST that starts work: a repeated try does not start it twice. */
export function idempotencyKey(): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': crypto.randomUUID() };
}
