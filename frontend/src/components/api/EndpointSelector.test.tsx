import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';

import { useConnectorsStore } from '@/stores/connectors.store';
import { expectAccessible, open } from '@/test/render';
import { answer, page, server } from '@/test/server';

import { CONNECTOR, DISCOVERY, TESTED } from './fixtures';

const ENDPOINTS = Array.from({ length: 10_000 }, (_, index) => ({ id: `e${index}`, method: 'GET', path: `/things/${index}`, summary: `Thing ${index}` }));

beforeEach(() => {
  sessionStorage.clear();
  const { begin, saved } = useConnectorsStore.getState();
  begin({ name: 'Shop', baseUrl: CONNECTOR.baseUrl ?? '', authType: 'bearer' });
  saved('con_1', '');
  server.use(
    answer('get', '/connectors', page([])),
    answer('get', '/connectors/con_1', CONNECTOR),
    answer('get', '/connectors/con_1/endpoints', DISCOVERY),
  );
});

test('what a path needs is asked for before it can be previewed', async () => {
  const user = userEvent.setup();
  const tested: unknown[] = [];
  server.use(answer('post', '/connectors/test-api', TESTED, (body) => tested.push(body)));
  open('/connectors?connect=what');
  await user.click(await screen.findByRole('option', { name: /lines/ }));
  expect(screen.getByRole('button', { name: 'Preview' })).toBeDisabled();
  expect(screen.getByRole('button', { name: 'Continue' })).toBeDisabled();
  await user.type(screen.getByLabelText('orderId'), 'a b');
  await user.click(screen.getByRole('button', { name: 'Preview' }));
  expect(await screen.findByText(/2 records, at \$\.data\. It seems to page by the next page/)).toBeVisible();
  expect(tested).toEqual([{ connectorId: 'con_1', path: '/orders/a%20b/lines' }]);
  await expectAccessible(screen.getByRole('dialog'));
});

test('ten thousand endpoints are searched and chosen by keyboard', async () => {
  const user = userEvent.setup();
  server.use(answer('get', '/connectors/con_1/endpoints', { ...DISCOVERY, endpoints: ENDPOINTS }));
  open('/connectors?connect=what');
  const list = await screen.findByRole('listbox', { name: 'Endpoints' });
  expect((await screen.findAllByRole('option')).length).toBeLessThan(100);
  await user.type(screen.getByLabelText('Search endpoints'), 'thing 7777');
  expect(screen.getAllByRole('option')).toHaveLength(1);
  await user.clear(screen.getByLabelText('Search endpoints'));
  list.focus();
  await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
  expect(useConnectorsStore.getState().reading.endpointId).toBe('e2');
});

test('an own path, and a pagination that is said', async () => {
  const user = userEvent.setup();
  open('/connectors?connect=what');
  await user.click(await screen.findByText('Own path'));
  await user.type(screen.getByLabelText('Path'), '/orders');
  await user.click(screen.getByRole('combobox', { name: 'Pagination' }));
  await user.click(await screen.findByRole('option', { name: 'By a cursor' }));
  await user.type(screen.getByLabelText('Where the cursor is'), '$.next');
  const { reading } = useConnectorsStore.getState();
  expect(reading).toMatchObject({ path: '/orders', pagination: { type: 'cursor', cursorPath: '$.next' } });
});
