import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';

import { answer, page, server } from '@/test/server';
import { expectAccessible, open } from '@/test/render';
import { connector, dataset, run } from '@/test/samples';

const ROWS = {
  columns: dataset().columns,
  rows: [
    { id: 1, status: 'paid' },
    { id: 2, status: null },
  ],
  version: 3,
  offset: 0,
  rowCount: 2,
};

beforeEach(() => {
  server.use(
    answer('get', '/datasets/dat_1', dataset()),
    answer('get', '/datasets/dat_1/rows', ROWS),
    answer('get', '/datasets', page([dataset()])),
    answer('get', '/connectors', page([connector()])),
    answer('get', '/runs', page([run()])),
    answer('get', '/schedules', page([])),
  );
});

test('rows come first, with types in the header and nulls seen', async () => {
  const { container } = open('/datasets/dat_1');
  expect(await screen.findByText('paid')).toBeVisible();
  expect(screen.getByText('null')).toBeVisible();
  expect(screen.getByRole('columnheader', { name: /id long/ })).toBeVisible();
  await expectAccessible(container);
});

test('a number too large for a browser keeps its digits', async () => {
  const text = JSON.stringify({ ...ROWS, rows: [{ id: 1, status: { inside: 2 } }] }).replace('"id":1', '"id":9007199254740993').replace('"inside":2', '"inside":123456789012345678');
  server.use(http.get('*/api/v2/datasets/dat_1/rows', () => new HttpResponse(text, { headers: { 'Content-Type': 'application/json' } })));
  open('/datasets/dat_1');
  expect(await screen.findByText('9007199254740993')).toBeVisible();
  expect(screen.getByText(/123456789012345678/)).toBeVisible();
});

test('of three hundred columns those in view are in the document', async () => {
  const columns = Array.from({ length: 300 }, (_, index) => ({ name: `column ${index}`, type: 'string' }));
  server.use(answer('get', '/datasets/dat_1/rows', { ...ROWS, columns, rows: [{ 'column 0': 'first' }] }));
  const { container } = open('/datasets/dat_1');
  expect(await screen.findByText('first')).toBeVisible();
  expect(screen.getByRole('table')).toHaveAttribute('aria-colcount', '300');
  expect(screen.getAllByRole('columnheader').length).toBeLessThan(20);
  await expectAccessible(container);
});

test.each(['columns', 'versions', 'runs', 'use', 'settings'])('the tab %s stands on its own address', async (tab) => {
  const { container } = open(`/datasets/dat_1?tab=${tab}`);
  expect(await screen.findByRole('tab', { selected: true })).toBeVisible();
  await screen.findByRole('tabpanel');
  await expectAccessible(container);
});

test('how to read it can be copied for each tool', async () => {
  const user = userEvent.setup();
  open('/datasets/dat_1?tab=use');
  expect(await screen.findByText(/delta_scan\('\/data\/t1\/dat_1'\)/)).toBeVisible();
  await user.click(screen.getByRole('radio', { name: 'Spark' }));
  expect(screen.getByText(/format\("delta"\)/)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Copy: Read it with Spark' }));
  expect(await navigator.clipboard.readText()).toContain('spark.read');
});

test('deleting names what goes, asks for the name, and leads back', async () => {
  const gone: unknown[] = [];
  server.use(answer('delete', '/datasets/dat_1', null, () => gone.push(1)));
  const user = userEvent.setup();
  const { router } = open('/datasets/dat_1?tab=settings');
  await user.click(await screen.findByRole('button', { name: 'Delete the dataset' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog).toHaveTextContent('What goes: 1,200 rows');
  const confirm = within(dialog).getByRole('button', { name: 'Delete the dataset' });
  expect(confirm).toBeDisabled();
  await user.type(within(dialog).getByLabelText('To confirm, type orders'), 'order{Enter}');
  expect(gone).toHaveLength(0);
  await user.keyboard('s{Enter}');
  await waitFor(() => expect(router.state.location.pathname).toBe('/'));
  expect(gone).toHaveLength(1);
});

test('a name is checked here by the rules of the API', async () => {
  const sent: unknown[] = [];
  server.use(answer('patch', '/datasets/dat_1', dataset({ name: 'sales' }), (body) => sent.push(body)));
  const user = userEvent.setup();
  open('/datasets/dat_1?tab=settings');
  const field = await screen.findByLabelText("The dataset's name");
  await user.clear(field);
  await user.click(screen.getByRole('button', { name: 'Save the name' }));
  expect(await screen.findByText('Give it a name.')).toBeVisible();
  await user.type(field, 'sales');
  await user.click(screen.getByRole('button', { name: 'Save the name' }));
  expect(await screen.findByRole('heading', { name: 'sales', level: 1 })).toBeVisible();
  expect(sent).toEqual([{ name: 'sales' }]);
});

test('a freshness is promised in units of people and taken back', async () => {
  const sent: unknown[] = [];
  const freshness = { maxAge: 7_200, age: 9_000, stale: true, since: '2026-01-01T00:00:00Z' };
  server.use(answer('patch', '/datasets/dat_1', dataset({ freshness }), (body) => sent.push(body)));
  const user = userEvent.setup();
  const { container } = open('/datasets/dat_1?tab=settings');
  const amount = await screen.findByLabelText('Not older than');
  await user.clear(amount);
  await user.type(amount, '2');
  await user.click(screen.getByRole('combobox', { name: 'Unit' }));
  await user.click(await screen.findByRole('option', { name: 'hours' }));
  await user.click(screen.getByRole('button', { name: 'Promise it' }));
  expect(await screen.findByText('Late, 2 h 30 min old')).toBeVisible();
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: 'Take the promise back' }));
  await waitFor(() => expect(sent).toEqual([{ freshness: 7_200 }, { freshness: null }]));
});

test('starting over says what happens to the rows, and is asked for from a value or from nothing', async () => {
  const sent: unknown[] = [];
  server.use(answer('post', '/datasets/dat_1/reset', dataset({ reset: { from: '2026-01-31' } }), (body) => sent.push(body)));
  const user = userEvent.setup();
  open('/datasets/dat_1?tab=settings');
  await user.click(await screen.findByRole('radio', { name: 'From a value' }));
  expect(screen.getByRole('button', { name: 'Start over' })).toBeDisabled();
  await user.type(screen.getByLabelText('Start'), '2026-01-31');
  await user.click(screen.getByRole('button', { name: 'Start over' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog).toHaveTextContent('The rows stay');
  await user.click(within(dialog).getByRole('button', { name: 'Start over' }));
  expect(await screen.findByText('The next sync starts over from 2026-01-31.')).toBeVisible();
  expect(sent).toEqual([{ from: '2026-01-31' }]);
});
