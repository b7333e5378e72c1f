import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { answer, problem, server, WHO } from '@/test/server';
import { expectAccessible, open } from '@/test/render';
import { useConnectorsStore } from '@/stores/connectors.store';

test('the frame leads to every page and says who is signed in', async () => {
  const { container } = open('/settings');
  for (const place of ['Datasets', 'Connectors', 'Runs', 'Schedules', 'Settings']) {
    expect(await screen.findByRole('link', { name: place })).toBeVisible();
  }
  expect(screen.getByRole('link', { name: 'Settings' })).toHaveAttribute('aria-current', 'page');
  await expectAccessible(container);
});

test('nobody signed in sees the way in, and how to get a link', async () => {
  server.use(problem('get', '/session', 401, 'unauthenticated', 'Sign in, or send a bearer token.'));
  open('/runs');
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(screen.getByText('varlor signin')).toBeVisible();
});

test('a tab that is come back to learns who has signed in elsewhere, and who has signed out', async () => {
  const nobody = problem('get', '/session', 401, 'unauthenticated', 'Sign in, or send a bearer token.');
  server.use(nobody);
  open('/settings');
  await screen.findByRole('heading', { name: 'Sign in' });
  useConnectorsStore.getState().keepSecrets({ bearerToken: 'typed before' });
  server.use(answer('get', '/session', WHO));
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  expect(await screen.findByRole('link', { name: 'Datasets' })).toBeVisible();
  expect(useConnectorsStore.getState().secrets.bearerToken).toBe('typed before');
  server.use(nobody);
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('where there is an identity provider, the way in leads there and back to this page', async () => {
  const way = document.createElement('meta');
  way.name = 'varlor-sign-in';
  way.content = 'oidc';
  document.head.append(way);
  server.use(problem('get', '/session', 401, 'unauthenticated', 'Sign in, or send a bearer token.'));
  window.history.replaceState(null, '', '/?signIn=no_role');
  const { container } = open('/runs');
  const link = await screen.findByRole('link', { name: 'Sign in with your organization' });
  expect(new URL((link as HTMLAnchorElement).href).pathname).toBe('/api/v2/session/oidc');
  expect(screen.getByRole('alert')).toHaveTextContent('Your account has no role here.');
  expect(screen.queryByText('varlor signin')).toBeNull();
  expect(window.location.search).toBe('');
  await expectAccessible(container);
  way.remove();
});

test('the code of a link is spent once and leaves the address', async () => {
  const spent: unknown[] = [];
  server.use(
    problem('get', '/session', 401, 'unauthenticated', 'Sign in, or send a bearer token.'),
    answer('post', '/session', WHO, (body) => spent.push(body)),
  );
  window.history.replaceState(null, '', '/?code=one-time-code-1234');
  open('/settings');
  expect(await screen.findByRole('link', { name: 'Datasets' })).toBeVisible();
  expect(spent).toEqual([{ code: 'one-time-code-1234' }]);
  expect(window.location.search).toBe('');
});

test('a server that is away is said in words, and asked again', async () => {
  server.use(problem('get', '/session', 503, 'unavailable', 'Redis does not answer.'));
  open('/runs');
  const alert = await screen.findByRole('alert');
  await waitFor(() => expect(alert).toHaveTextContent('Redis does not answer.'));
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
});

test('who signs out is shown out at once, and leaves nothing typed behind', async () => {
  server.use(http.delete('*/api/v2/session', () => new HttpResponse(null, { status: 204 })));
  const user = userEvent.setup();
  const { cache } = open('/settings');
  useConnectorsStore.getState().change({ baseUrl: 'https://shop.example' });
  await user.click(await screen.findByRole('button', { name: 'Account' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(cache.getQueryCache().getAll()).toHaveLength(1);
  expect(useConnectorsStore.getState().draft.baseUrl).toBe('');
});

test.each(['/nowhere', '/runs/gone', '/datasets/gone', '/connectors/gone'])('what is not there is a page of its own: %s', async (address) => {
  server.use(
    ...['/runs/gone', '/datasets/gone', '/connectors/gone'].map((path) => problem('get', path, 404, 'not-found', 'It does not exist.')),
  );
  document.title = 'the page before';
  const { container } = open(address);
  expect(await screen.findByRole('heading', { level: 1 })).toBeVisible();
  expect(document.title).not.toBe('the page before');
  await expectAccessible(container);
});
