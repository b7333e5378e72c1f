import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';

import { answer, page, server } from '@/test/server';
import { expectAccessible, open } from '@/test/render';
import { connector, dataset, schedule } from '@/test/samples';

beforeEach(() => {
  server.use(
    answer('get', '/schedules', page([schedule()])),
    answer('get', '/connectors', page([connector()])),
    answer('get', '/datasets', page([dataset()])),
  );
});

test('a week at a glance, and each schedule with its next run', async () => {
  const { container } = open('/schedules');
  expect(await screen.findByRole('heading', { name: 'The coming week' })).toBeVisible();
  expect(screen.getByText('in 10 min')).toBeVisible();
  expect(screen.getByRole('table', { name: 'Schedules' })).toHaveTextContent('every 1 h');
  await expectAccessible(container);
});

test('it is paused with a note, and run at once', async () => {
  const asked: unknown[] = [];
  server.use(
    answer('post', '/schedules/sch_1/pause', schedule({ paused: true }), (body) => asked.push(body)),
    answer('post', '/schedules/sch_1/trigger', schedule(), () => asked.push('trigger')),
  );
  const user = userEvent.setup();
  open('/schedules');
  await user.click(await screen.findByRole('button', { name: 'Acts on Orders, hourly' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Run now' }));
  await user.click(screen.getByRole('button', { name: 'Acts on Orders, hourly' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Pause' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText('Why'), 'Moving');
  server.use(answer('get', '/schedules', page([schedule({ paused: true, note: 'Moving', nextRuns: [] })])));
  await user.click(within(dialog).getByRole('button', { name: 'Pause the schedule' }));
  expect(await screen.findByText('Paused')).toBeVisible();
  expect(asked).toEqual(['trigger', { note: 'Moving' }]);
});

test('missed times are made up for in a range that makes sense', async () => {
  const asked: unknown[] = [];
  server.use(answer('post', '/schedules/sch_1/backfill', schedule(), (body) => asked.push(body)));
  const user = userEvent.setup();
  open('/schedules');
  await user.click(await screen.findByRole('button', { name: 'Acts on Orders, hourly' }));
  await user.click(await screen.findByRole('menuitem', { name: /missed/ }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(dialog.getByLabelText('From'), '2026-11-02T00:00');
  await user.type(dialog.getByLabelText(/^To/), '2026-11-01T00:00');
  expect(dialog.getByText('The end must be after the beginning.')).toBeVisible();
  expect(dialog.getByRole('button', { name: 'Start the runs' })).toBeDisabled();
  await user.clear(dialog.getByLabelText(/^To/));
  await user.type(dialog.getByLabelText(/^To/), '2026-11-03T00:00');
  await user.click(dialog.getByRole('button', { name: 'Start the runs' }));
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(asked).toEqual([{ startAt: new Date('2026-11-02T00:00').toISOString(), endAt: new Date('2026-11-03T00:00').toISOString() }]);
});

test('a new one is checked, previewed and sent as the API wants it', async () => {
  const sent: unknown[] = [];
  server.use(answer('post', '/schedules', schedule(), (body) => sent.push(body)));
  const user = userEvent.setup();
  open('/schedules');
  await user.click(await screen.findByRole('button', { name: 'New schedule' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Create the schedule' }));
  expect(await within(dialog).findByText('Give it a name.')).toBeVisible();
  await user.type(within(dialog).getByLabelText('Name', { selector: 'input' }), 'Nightly');
  await user.click(within(dialog).getByRole('combobox', { name: 'Connector' }));
  await user.click(await screen.findByRole('option', { name: 'Shop' }));
  await user.type(within(dialog).getByLabelText('Path', { selector: 'input' }), '/orders');
  await user.type(within(dialog).getByLabelText('Into the dataset', { selector: 'input' }), 'orders');
  await user.click(within(dialog).getByRole('radio', { name: 'At certain times' }));
  const cron = within(dialog).getByLabelText('Cron line');
  await user.clear(cron);
  await user.type(cron, 'often');
  expect(within(dialog).getByText(/This is not a cron line/)).toBeVisible();
  await user.clear(cron);
  await user.type(cron, '30 4 * * *');
  expect(within(dialog).getByText(/^Next:/)).toBeVisible();
  await user.click(within(dialog).getByRole('button', { name: 'Create the schedule' }));
  expect(await screen.findByText('Orders, hourly is scheduled.')).toBeVisible();
  expect(sent).toMatchObject([{ name: 'Nightly', connectorId: 'con_1', cron: '30 4 * * *', fetch: { path: '/orders', dataset: { name: 'orders', writeMode: 'replace' } } }]);
});
