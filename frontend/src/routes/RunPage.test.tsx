import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';

import { apply } from '@/lib/hooks/useEvents';
import { answer, page, problem, server, WHO } from '@/test/server';
import { expectAccessible, open } from '@/test/render';
import { connector, dataset, request, run } from '@/test/samples';

beforeEach(() => {
  server.use(
    answer('get', '/datasets', page([dataset()])),
    answer('get', '/connectors', page([connector()])),
    answer('get', '/platform', { temporalWeb: 'http://temporal.example/namespaces/default' }),
    answer('get', '/runs/run_1', run()),
    answer('get', '/runs/run_1/progress', { points: [] }),
    answer('get', '/runs/run_1/requests', page([request()])),
  );
});

test('a run says how it stands, in words and in three numbers', async () => {
  const { container } = open('/runs/run_1');
  expect(await screen.findByRole('heading', { name: 'orders', level: 1 })).toBeVisible();
  expect(screen.getByText(/^Running for/)).toBeVisible();
  expect(screen.getByTestId('Rows')).toHaveTextContent('1,200');
  expect(await screen.findByRole('link', { name: /Temporal Web/ })).toHaveAttribute('href', 'http://temporal.example/namespaces/default/workflows/sync%2Ft1%2Frun_1');
  await screen.findByRole('button', { name: /orders\?page=1/ });
  await expectAccessible(container);
});

test('an event moves the numbers without asking again', async () => {
  const { cache } = open('/runs/run_1');
  await screen.findByTestId('Rows');
  act(() => apply(cache, { type: 'run.changed', data: { runId: 'run_1', status: 'running', rows: 5000, requests: 51 } }));
  await waitFor(() => expect(screen.getByTestId('Rows')).toHaveTextContent('5,000'));
  expect(screen.getByTestId('Requests')).toHaveTextContent('51');
  act(() => apply(cache, { type: 'run.changed', data: { runId: 'run_1', status: 'running', rows: 5000, pendingRows: 300, requests: 54 } }));
  await waitFor(() => expect(screen.getByTestId('Rows')).toHaveTextContent('5,300'));
  expect(screen.getByText('300 of them on their way into the dataset')).toBeVisible();
});

test('a failure shows why, the last failed answer, and what to do', async () => {
  const error = { type: 'invalid_credential', title: 'The API refused the token', detail: 'Shop answered 401.', status: 401 };
  server.use(
    answer('get', '/runs/run_1', run({ status: 'failed', error, finishedAt: '2026-11-25T12:01:00Z' })),
    answer('get', '/runs/run_1/requests', page([request({ status: 401, error: 'invalid_credential', answer: '{"error":"token revoked"}' })])),
  );
  open('/runs/run_1');
  const alert = await screen.findByRole('alert');
  expect(alert).toHaveTextContent('Shop answered 401. Check the token or key');
  expect(await within(alert).findByText('{"error":"token revoked"}')).toBeVisible();
});

test('a run that has ended can be fetched again, as it was asked for', async () => {
  const asked: unknown[] = [];
  server.use(
    answer('get', '/runs/run_1', run({ status: 'failed', finishedAt: '2026-11-25T12:01:00Z' })),
    answer('get', '/runs/run_2', run({ id: 'run_2', status: 'queued' })),
    answer('get', '/runs/run_2/progress', { points: [] }),
    answer('get', '/runs/run_2/requests', page([])),
    answer('post', '/connectors/con_1/fetch', { runId: 'run_2', datasetId: 'dat_1', workflowId: 'w' }, (body) => asked.push(body)),
  );
  const user = userEvent.setup();
  const { router } = open('/runs/run_1');
  await user.click(await screen.findByRole('button', { name: 'Fetch again' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/runs/run_2'));
  expect(asked).toEqual([{ path: '/orders', dataset: { id: 'dat_1', name: null, writeMode: 'append' } }]);
});

test('a run that waits for its user says where to reconnect, not to fetch again', async () => {
  const error = { type: 'auth-required', title: 'auth required', detail: 'The connector has to be connected (again) by its user.' };
  server.use(answer('get', '/runs/run_1', run({ status: 'waiting_auth', error })), answer('get', '/runs/run_1/requests', page([])));
  open('/runs/run_1');
  const alert = await screen.findByRole('alert');
  expect(alert).toHaveTextContent('Open the connector and reconnect: the run goes on by itself');
  expect(alert).not.toHaveTextContent('fetch again');
});

test('what held the run up is on its timeline, and the log can be asked for one kind alone', async () => {
  const asked: (string | null)[] = [];
  const failed = [5, 4, 3, 2].map((seq) => request({ seq, time: `2026-11-25T12:00:0${seq}Z`, status: seq === 2 ? 429 : 503 }));
  server.use(
    http.get('*/api/v2/runs/run_1/requests', ({ request: { url } }) => {
      const query = new URL(url).searchParams;
      asked.push(query.get('status'));
      return HttpResponse.json(page(query.has('failedOnly') ? failed : [request()]));
    }),
  );
  const user = userEvent.setup();
  open('/runs/run_1');
  const timeline = await screen.findByRole('region', { name: 'Timeline' });
  expect(await within(timeline).findByText('Asked to slow down (429)')).toBeVisible();
  expect(within(timeline).getByText('The API failed (503)')).toBeVisible();
  expect(timeline).toHaveTextContent('3 requests, until');
  await user.selectOptions(screen.getByLabelText('Which requests'), 'No answer');
  await waitFor(() => expect(asked).toContain('none'));
});

test('pause, rate and cancel ask the API; a refusal is said', async () => {
  const asked: unknown[] = [];
  server.use(
    answer('post', '/runs/run_1/pause', run({ status: 'paused' }), () => asked.push('pause')),
    answer('patch', '/runs/run_1', run({ requestsPerMinute: 30 }), (body) => asked.push(body)),
    problem('post', '/runs/run_1/cancel', 409, 'conflict', 'The run has ended.'),
  );
  const user = userEvent.setup();
  open('/runs/run_1');
  await user.click(await screen.findByRole('button', { name: 'Rate' }));
  await user.type(await screen.findByLabelText(/Requests a minute/), '30{Enter}');
  await user.click(await screen.findByRole('button', { name: 'Pause' }));
  expect(await screen.findByRole('button', { name: 'Resume' })).toBeVisible();
  expect(asked).toEqual([{ requestsPerMinute: 30 }, 'pause']);
  await user.click(screen.getByRole('button', { name: 'Cancel the run' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Cancel the run' }));
  expect(await within(dialog).findByRole('alert')).toHaveTextContent('The run has ended.');
});

test('a run that is canceled says so until it has ended after its open page', async () => {
  server.use(answer('post', '/runs/run_1/cancel', run()));
  const user = userEvent.setup();
  open('/runs/run_1');
  await user.click(await screen.findByRole('button', { name: 'Cancel the run' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Cancel the run' }));
  expect(await screen.findByText('Canceling: it ends after its open page.')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Pause' })).toBeNull();
});

test('the state is spoken when it changes, not each second', async () => {
  const { cache } = open('/runs/run_1');
  const words = await screen.findByText(/^Running for/);
  expect(words.closest('[aria-live], [role=status]')).toBeNull();
  act(() => apply(cache, { type: 'run.changed', data: { runId: 'run_1', status: 'paused' } }));
  await waitFor(() => expect(screen.getAllByRole('status').map(({ textContent }) => textContent)).toContain('Paused'));
});

test('what was read stays while the server is away', async () => {
  const { cache } = open('/runs/run_1');
  await screen.findByTestId('Rows');
  server.use(problem('get', '/runs/run_1', 503, 'unavailable', 'Away.'), problem('get', '/session', 503, 'unavailable', 'Away.'));
  await act(() => cache.invalidateQueries());
  await waitFor(() => expect(cache.getQueryState(['session'])?.status).toBe('error'));
  expect(cache.getQueryState(['runs', 'one', 'run_1'])?.status).toBe('error');
  expect(screen.getByTestId('Rows')).toHaveTextContent('1,200');
});

test('who only reads sees no button that would be refused', async () => {
  server.use(answer('get', '/session', { ...WHO, roles: ['viewer'] }));
  open('/runs/run_1');
  await screen.findByTestId('Rows');
  expect(screen.queryByRole('button', { name: 'Pause' })).toBeNull();
});

test('a request opens to all that is known of it', async () => {
  server.use(answer('get', '/runs/run_1/requests', page([request({ status: 503, error: 'server_error', answer: 'busy', waitMs: 1500, attempt: 2 })])));
  const user = userEvent.setup();
  open('/runs/run_1');
  await user.click(await screen.findByRole('button', { name: /orders\?page=1/ }));
  const drawer = await screen.findByRole('dialog');
  expect(drawer).toHaveTextContent('1.5 s for the rate limit');
  expect(drawer).toHaveTextContent('busy');
});
