import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';

import { expectAccessible, open } from '@/test/render';
import { answer, page, server, WHO } from '@/test/server';

import { CONNECTOR, HEALTH, OAUTH, TESTED } from './fixtures';

test('the list says what each is, and an empty one leads on', async () => {
  server.use(answer('get', '/connectors', page([CONNECTOR, { ...OAUTH, id: 'con_2', name: 'CRM', status: 'needs_reauth' }])));
  const { container } = open('/connectors');
  expect(await screen.findByRole('link', { name: 'Shop' })).toHaveAttribute('href', '/connectors/con_1');
  expect(screen.getByText('Reconnect')).toBeVisible();
  await expectAccessible(container);
});

test('no connector yet: one sentence and one button', async () => {
  server.use(answer('get', '/connectors', page([])));
  open('/connectors');
  expect(await screen.findByRole('heading', { name: 'No connectors yet' })).toBeVisible();
  expect(screen.getAllByRole('button', { name: 'Connect API' }).length).toBeGreaterThan(0);
});

test('a connector shows its rate, its token’s life, and tests itself', async () => {
  const user = userEvent.setup();
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const token = { status: 'active', version: 3, expiresAt: soon, nextRefreshAt: new Date(Date.now() + 3_000_000).toISOString(), scopes: ['read'] };
  server.use(
    answer('get', '/connectors/con_1', { ...OAUTH, status: 'connected', hasCredential: true }),
    answer('get', '/connectors/con_1/health', { ...HEALTH, token }),
    answer('post', '/connectors/test-api', TESTED),
  );
  const { container } = open('/connectors/con_1');
  expect(await screen.findByText(/30 of 60 requests in the last minute/)).toBeVisible();
  expect(screen.getByText('It is renewed by itself before it expires.')).toBeVisible();
  expect(screen.getByText('1 of the last 4 runs failed.')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Test the connection' }));
  expect(await screen.findByText('It works')).toBeVisible();
  await expectAccessible(container);
});

test('deleting says what goes and what stays, and wants the name', async () => {
  const user = userEvent.setup();
  server.use(
    answer('get', '/connectors', page([])),
    answer('get', '/connectors/con_1', CONNECTOR),
    answer('get', '/connectors/con_1/health', HEALTH),
    answer('delete', '/connectors/con_1', { connectorId: 'con_1', workflowId: 'w', status: 'deleting' }),
  );
  const { router } = open('/connectors/con_1');
  await user.click(await screen.findByRole('button', { name: 'Delete' }));
  expect(await screen.findByText('Its datasets stay, with every row.')).toBeVisible();
  const act = screen.getByRole('button', { name: 'Delete the connector' });
  expect(act).toBeDisabled();
  await user.type(screen.getByLabelText('To confirm, type Shop'), 'Shop');
  await user.click(act);
  await waitFor(() => expect(router.state.location.pathname).toBe('/connectors'));
});

test('who only reads can change nothing', async () => {
  server.use(
    answer('get', '/session', { ...WHO, roles: ['viewer'] }),
    answer('get', '/connectors/con_1', CONNECTOR),
    answer('get', '/connectors/con_1/health', HEALTH),
  );
  open('/connectors/con_1');
  await waitFor(() => expect(screen.getByRole('button', { name: 'Delete' })).toBeDisabled());
  expect(screen.getByRole('button', { name: 'New dataset' })).toBeDisabled();
});

test('settings send only what changed, and a removed header goes', async () => {
  const user = userEvent.setup();
  const sent: unknown[] = [];
  server.use(
    answer('get', '/connectors/con_1', CONNECTOR),
    answer('patch', '/connectors/con_1', CONNECTOR, (body) => sent.push(body)),
  );
  open('/connectors/con_1?tab=settings');
  await user.click(await screen.findByRole('button', { name: 'Remove header 1' }));
  await user.type(screen.getByLabelText('New token'), 'canary');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toMatchObject({ headers: { 'Accept-Language': null }, bearerToken: 'canary' });
});
