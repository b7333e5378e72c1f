/** The API as tests want it to answer: `server.use(answer('get', '/runs', page([run])))`. */
import { http, HttpResponse, type JsonBodyType } from 'msw';
import { setupServer } from 'msw/node';

const API = `${window.location.origin}/api/v2`;

export const WHO = { subject: 'ada', tenantId: 't1', roles: ['admin'], expiresAt: '2030-01-01T00:00:00Z' };

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** `path` begins after the prefix; `seen` gets each request's body. */
export function answer(method: Method, path: string, body: JsonBodyType, seen?: (body: unknown) => void) {
  return http[method](`${API}${path}`, async ({ request }) => {
    if (seen) seen(await request.clone().json().catch(() => null));
    return HttpResponse.json(body);
  });
}

export function problem(method: Method, path: string, status: number, slug: string, detail: string, errors?: { pointer: string; detail: string }[]) {
  const body = { type: `urn:varlor:problem:${slug}`, title: slug, status, detail, ...(errors ? { errors } : {}) };
  return http[method](`${API}${path}`, () =>
    HttpResponse.json(body, { status, headers: { 'Content-Type': 'application/problem+json' } }),
  );
}

export function page<T>(items: T[], nextCursor: string | null = null) {
  return { items, nextCursor };
}

export const server = setupServer(answer('get', '/session', WHO));
