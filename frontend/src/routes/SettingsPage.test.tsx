import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';

import { answer, page, server, WHO } from '@/test/server';
import { expectAccessible, open } from '@/test/render';

const OFF = { url: null, events: [], status: 'off', pending: 0 };

beforeEach(() => {
  server.use(
    answer('get', '/health/ready', { status: 'ready', parts: { database: { state: 'up' }, redis: { state: 'down' } } }),
    answer('get', '/notifications', OFF),
    answer('get', '/notifications/deliveries', page([])),
  );
});

test('it says who one is, and how the parts are', async () => {
  const { container } = open('/settings');
  expect(await screen.findByText('ada')).toBeVisible();
  expect(await screen.findByText('redis')).toBeVisible();
  expect(screen.getByText('Down')).toBeVisible();
  await screen.findByLabelText('Address');
  await expectAccessible(container);
});

test('the webhook is checked, saved with its secret, and never shows it again', async () => {
  const sent: unknown[] = [];
  server.use(answer('put', '/notifications', { ...OFF, url: 'https://example.com/hook', events: ['run.failed'], status: 'active' }, (body) => sent.push(body)));
  const user = userEvent.setup();
  open('/settings');
  await user.type(await screen.findByLabelText('Address'), 'https://example.com/hook');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('Choose at least one event.')).toBeVisible();
  await user.click(screen.getByLabelText('A run failed'));
  await user.click(screen.getByRole('button', { name: 'Make one' }));
  expect(screen.getByLabelText<HTMLInputElement>('Signing secret').value).toMatch(/^whsec_/);
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('Active')).toBeVisible();
  expect(sent).toEqual([{ url: 'https://example.com/hook', events: ['run.failed'], secret: expect.stringMatching(/^whsec_/) }]);
});

test('an operator sees the master keys, a viewer neither keys nor webhook', async () => {
  server.use(
    answer('get', '/session', { ...WHO, roles: ['admin', 'operator'] }),
    answer('get', '/master-keys', { newest: 'v2', versions: [{ version: 'v2', secrets: 12 }, { version: 'v1', secrets: 3 }] }),
  );
  const first = open('/settings');
  expect(await screen.findByText('Still needed')).toBeVisible();
  first.unmount();
  server.use(answer('get', '/session', { ...WHO, roles: ['viewer'] }));
  open('/settings');
  expect(await screen.findByText('reads')).toBeVisible();
  expect(screen.queryByLabelText('Address')).toBeNull();
});
