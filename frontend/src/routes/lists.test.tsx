import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';

import { answer, page, problem, server } from '@/test/server';
import { expectAccessible, open } from '@/test/render';
import { connector, dataset, run, schedule } from '@/test/samples';

beforeEach(() => {
  server.use(
    answer('get', '/datasets', page([dataset(), dataset({ id: 'dat_2', name: 'customers', rowCount: 7 })])),
    answer('get', '/connectors', page([connector()])),
    answer('get', '/schedules', page([schedule()])),
    answer('get', '/runs', page([run()])),
  );
});

function names() {
  return screen.getAllByRole('link', { name: /orders|customers/ }).map((link) => link.textContent);
}

test('the start page lists datasets with source, rows and next run; search and sort work', async () => {
  const user = userEvent.setup();
  const { container } = open('/');
  expect(await screen.findByRole('link', { name: 'orders' })).toBeVisible();
  expect(screen.getByText('in 10 min')).toBeVisible();
  expect(screen.getAllByText('Shop')).toHaveLength(2);
  await user.click(screen.getByRole('button', { name: 'Rows' }));
  expect(names()).toEqual(['orders', 'customers']);
  await user.click(screen.getByRole('button', { name: 'Rows' }));
  expect(names()).toEqual(['customers', 'orders']);
  await user.type(screen.getByLabelText('Search the datasets'), 'cust');
  expect(names()).toEqual(['customers']);
  await expectAccessible(container);
});

test('without datasets one sentence and one button lead on', async () => {
  server.use(answer('get', '/datasets', page([])));
  open('/');
  expect(await screen.findByRole('heading', { name: 'No dataset yet' })).toBeVisible();
});

test('a list that cannot be read says why and can be tried again', async () => {
  server.use(problem('get', '/datasets', 503, 'unavailable', 'The database does not answer.'));
  const user = userEvent.setup();
  open('/');
  expect(await screen.findByRole('alert')).toHaveTextContent('The database does not answer. A part of the stack is away.');
  server.use(answer('get', '/datasets', page([dataset()])));
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('link', { name: 'orders' })).toBeVisible();
});

test('ten thousand runs put only the visible ones into the document', async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => run({ id: `run_${index}` }));
  server.use(answer('get', '/runs', page(many)));
  open('/runs');
  const table = await screen.findByRole('table', { name: 'Runs' });
  expect(table).toHaveAttribute('aria-rowcount', '10001');
  expect(screen.getAllByRole('row').length).toBeLessThan(80);
});

test('a state narrows the runs, and the address remembers it', async () => {
  const user = userEvent.setup();
  const { router } = open('/runs');
  await screen.findByRole('table', { name: 'Runs' });
  server.use(answer('get', '/runs', page([])));
  await user.click(screen.getByRole('combobox', { name: 'State' }));
  await user.click(await screen.findByRole('option', { name: 'Failed' }));
  expect(await screen.findByRole('heading', { name: 'No run is failed' })).toBeVisible();
  await waitFor(() => expect(router.state.location.search).toEqual({ status: 'failed' }));
});
