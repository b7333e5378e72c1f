/** What the API answers instead of a result (RFC 9457), as an error that can be shown to a person. */
import type { Problem } from './generated';

export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    readonly status: number,
    readonly slug: string,
    detail: string,
    readonly fields: { pointer: string; detail: string }[] = [],
    readonly correlationId?: string,
  ) {
    super(detail);
  }
}

export const UNREACHABLE = 0;

/** Whether it may be gone at the next try: the server is away, or a part of it. */
export function mayHeal(error: Error): boolean {
  return error instanceof ApiError && (error.status === UNREACHABLE || error.status >= 500);
}

/** Whether a page has to give way to the error. What was read before stays while the server is away, and what is typed there. */
export function blocks(error: Error | null, known: unknown): boolean {
  return error !== null && (known === undefined || !mayHeal(error));
}

/** Whatever a request ended with, as an ApiError; status 0 is a server that did not answer. */
export function toApiError(body: unknown, response: Response | undefined): ApiError {
  if (response === undefined) {
    return new ApiError(UNREACHABLE, 'unreachable', 'The server does not answer.');
  }
  if (isProblem(body)) {
    const slug = body.type.replace('urn:varlor:problem:', '');
    return new ApiError(body.status, slug, body.detail, body.errors ?? [], body.correlationId ?? undefined);
  }
  return new ApiError(response.status, 'unexpected', `The server answered ${response.status} without a reason.`);
}

const REMEDIES: Record<string, string> = {
  unreachable: 'Check that Varlor runs and that this machine reaches it. It is tried again by itself.',
  unauthenticated: 'Sign in again with a new link.',
  forbidden: 'Ask somebody whose role reaches that far.',
  'not-found': 'It may have been deleted, or the link is wrong.',
  conflict: 'Look at its present state, then try again.',
  unavailable: 'A part of the stack is away. It is tried again by itself.',
};

/** What to do next, in one sentence. */
export function remedyOf(error: unknown): string {
  const api = error instanceof ApiError ? error : undefined;
  if (api === undefined) return 'Reload the page. If it happens again, tell whoever runs this server.';
  const bySlug = REMEDIES[api.slug];
  if (bySlug !== undefined) return bySlug;
  if (api.status === 403) return REMEDIES.forbidden ?? '';
  if (api.status === 404) return REMEDIES['not-found'] ?? '';
  if (api.status === 409) return REMEDIES.conflict ?? '';
  if (api.status >= 500) return REMEDIES.unavailable ?? '';
  return api.fields.length > 0 ? 'Correct the fields named below.' : 'Change what you entered, then try again.';
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'type' in body && 'status' in body && 'detail' in body;
}
