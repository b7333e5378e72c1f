import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';

import { expectAccessible, open } from '@/test/render';
import { answer, page, problem, server } from '@/test/server';
import { useConnectorsStore } from '@/stores/connectors.store';

import { CONNECTOR, DISCOVERY, REFUSED, TESTED } from './fixtures';

beforeEach(() => {
  sessionStorage.clear();
  useConnectorsStore.getState().clear();
  server.use(answer('get', '/connectors', page([])), answer('get', '/presets', page([])));
});

function dialog() {
  return within(screen.getByRole('dialog'));
}

async function throughWhere(user: ReturnType<typeof userEvent.setup>) {
  await user.click(await screen.findByRole('button', { name: /REST API/ }));
  await user.type(await screen.findByLabelText(/Base URL/), 'https://api.example.com/v1');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
}

/** A double click: the second comes before anything is drawn anew. */
function twice(button: HTMLElement) {
  act(() => {
    button.click();
    button.click();
  });
}

test('from nothing to a running sync by Bearer token', async () => {
  const user = userEvent.setup();
  const tested: unknown[] = [];
  const made: unknown[] = [];
  const fetched: unknown[] = [];
  server.use(
    answer('post', '/connectors/test-api', TESTED, (body) => tested.push(body)),
    answer('post', '/connectors', CONNECTOR, (body) => made.push(body)),
    answer('get', '/connectors/con_1', CONNECTOR),
    answer('get', '/connectors/con_1/endpoints', DISCOVERY),
    answer('post', '/connectors/con_1/fetch', { runId: 'run_1', datasetId: 'dat_1', workflowId: 'w' }, (body) => fetched.push(body)),
  );
  const { router } = open('/connectors?connect=source');
  await throughWhere(user);
  await user.type(await screen.findByLabelText(/^Token/), 'canary-token');
  await user.click(screen.getByRole('button', { name: 'Continue' }));

  await user.type(await screen.findByLabelText('Path'), '/users');
  await user.click(screen.getByRole('button', { name: 'Test the connection' }));
  expect(await screen.findByText('It works')).toBeVisible();
  expect(screen.getByText('ada@example.com')).toBeVisible();
  expect(screen.getAllByText('null')).not.toHaveLength(0);
  expect(tested).toMatchObject([{ path: '/users', connector: { baseUrl: 'https://api.example.com/v1', bearerToken: 'canary-token' } }]);

  await user.click(screen.getByRole('button', { name: 'Save and continue' }));
  await user.click(await screen.findByRole('option', { name: /\/orders Orders of the shop/ }));
  expect(made).toMatchObject([{ name: 'api.example.com', authType: 'bearer', bearerToken: 'canary-token' }]);
  expect(useConnectorsStore.getState().secrets.bearerToken).toBe('');
  await user.click(screen.getByRole('button', { name: 'Continue' }));

  expect(await screen.findByLabelText(/^Dataset/)).toHaveValue('orders');
  await expectAccessible(screen.getByRole('dialog'));
  await user.type(screen.getByLabelText(/^Dataset/), '{Enter}');
  await waitFor(() => expect(router.state.location.pathname).toBe('/runs/run_1'));
  expect(fetched).toMatchObject([
    { endpointId: 'listOrders', pagination: 'auto', dataset: { name: 'orders', writeMode: 'merge', primaryKey: ['id'] } },
  ]);
});

test('what is typed survives a closed dialog and a reload; a secret survives neither storage nor reload', async () => {
  const user = userEvent.setup();
  const { router } = open('/connectors?connect=source');
  await throughWhere(user);
  await user.type(await screen.findByLabelText(/^Token/), 'canary-token');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await screen.findByRole('button', { name: 'Test the connection' });
  await user.click(screen.getByRole('button', { name: /Close/ }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await router.navigate({ to: '/connectors', search: { connect: 'where' } });
  expect(await screen.findByLabelText(/Base URL/)).toHaveValue('https://api.example.com/v1');
  const stored = JSON.stringify({ ...sessionStorage, ...localStorage });
  expect(stored).toContain('https://api.example.com/v1');
  expect(stored).not.toContain('canary-token');
});

test('each step takes up the focus that the one before had, and the closed dialog gives it back', async () => {
  const user = userEvent.setup();
  open('/connectors');
  const opener = await screen.findByRole('button', { name: 'Connect API' });
  await user.click(opener);
  await user.click(await screen.findByRole('button', { name: /REST API/ }));
  expect(await screen.findByLabelText(/Base URL/)).toHaveFocus();
  await user.keyboard('https://api.example.com/v1{Enter}');
  await screen.findByLabelText(/^Token/);
  expect(screen.getByRole('group', { name: 'Who' })).toHaveFocus();
  await user.keyboard('{Escape}');
  await waitFor(() => expect(opener).toHaveFocus());
});

test('an answer that comes after the path was changed is not shown as its own', async () => {
  const letGo: (() => void)[] = [];
  const held = new Promise<void>((resolve) => letGo.push(resolve));
  server.use(
    http.post('*/api/v2/connectors/test-api', async () => {
      await held;
      return HttpResponse.json(TESTED);
    }),
  );
  const user = userEvent.setup();
  open('/connectors?connect=source');
  await throughWhere(user);
  await user.type(await screen.findByLabelText(/^Token/), 'canary-token{Enter}');
  await user.type(await screen.findByLabelText('Path'), '/users{Enter}');
  expect(await screen.findByText(/The API is being asked/)).toBeVisible();
  await user.type(screen.getByLabelText('Path'), '2');
  letGo[0]?.();
  await waitFor(() => expect(screen.queryByText(/The API is being asked/)).toBeNull());
  expect(screen.queryByText('It works')).toBeNull();
  await user.type(screen.getByLabelText('Path'), '{Backspace}');
  expect(screen.getByText('It works')).toBeVisible();
});

test('a wrong field is named where it stands, before anything is sent', async () => {
  const user = userEvent.setup();
  open('/connectors?connect=where');
  await user.type(await screen.findByLabelText(/Base URL/), 'ftp://example.com');
  await user.click(screen.getByRole('button', { name: 'Add a header' }));
  await user.type(screen.getByLabelText('Header 1: name'), 'Authorization');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  expect(await screen.findByText(/begins with https/)).toBeVisible();
  expect(screen.getByText(/Credentials belong to the next step/)).toBeVisible();
  expect(screen.queryByLabelText(/^Token/)).toBeNull();
});

test('a double click makes one connector and one run, and a schedule that cannot be made is told beside the run', async () => {
  const user = userEvent.setup();
  const made: unknown[] = [];
  const fetched: unknown[] = [];
  server.use(
    answer('post', '/connectors', { ...CONNECTOR, authType: 'none' }, (body) => made.push(body)),
    answer('get', '/connectors/con_1', { ...CONNECTOR, authType: 'none' }),
    answer('get', '/connectors/con_1/endpoints', DISCOVERY),
    answer('post', '/connectors/con_1/fetch', { runId: 'run_1', datasetId: 'dat_1', workflowId: 'w' }, (body) => fetched.push(body)),
    problem('post', '/schedules', 422, 'invalid-input', 'The input is not valid.'),
  );
  const { router } = open('/connectors?connect=source');
  await throughWhere(user);
  await user.click(screen.getByText('None'));
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  twice(await screen.findByRole('button', { name: 'Save without a working test' }));
  await user.click(await screen.findByRole('radio', { name: 'Own path' }));
  await user.type(screen.getByLabelText(/^Path/), '/v1/invoices?state=open');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  expect(await screen.findByLabelText(/^Dataset/)).toHaveValue('invoices');
  await user.click(screen.getByRole('combobox', { name: 'Keep it up to date' }));
  await user.click(await screen.findByRole('option', { name: 'Every hour' }));
  twice(screen.getByRole('button', { name: 'Create the dataset' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/runs/run_1'));
  expect(await screen.findByText(/not again by itself/)).toBeVisible();
  expect(made).toHaveLength(1);
  expect(fetched).toHaveLength(1);
});

test.each(['who', 'test', 'what', 'keep'])('a link to the step %s begins at the first where nothing was entered', async (step) => {
  open(`/connectors?connect=${step}`);
  expect(await screen.findByRole('button', { name: /REST API/ })).toBeVisible();
});

test('the path of the test stays, Enter tests it, and another path is not shown the same answer', async () => {
  const user = userEvent.setup();
  server.use(answer('post', '/connectors/test-api', TESTED));
  open('/connectors?connect=source');
  await throughWhere(user);
  await user.click(screen.getByText('None'));
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await user.type(await screen.findByLabelText('Path'), '/users{Enter}');
  expect(await screen.findByText('It works')).toBeVisible();
  await user.click(dialog().getByRole('button', { name: 'Back' }));
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  expect(await screen.findByLabelText('Path')).toHaveValue('/users');
  await user.type(screen.getByLabelText('Path'), '{Enter}');
  await screen.findByText('It works');
  await user.type(screen.getByLabelText('Path'), '/1');
  expect(screen.queryByText('It works')).toBeNull();
});

test('what was changed after it was stored is stored before it is tested', async () => {
  const user = userEvent.setup();
  const asked: unknown[] = [];
  server.use(
    answer('get', '/connectors/con_1', CONNECTOR),
    answer('patch', '/connectors/con_1', CONNECTOR, (body) => asked.push(body)),
    answer('post', '/connectors/test-api', TESTED, (body) => asked.push(body)),
  );
  open('/connectors?connect=where&connector=con_1');
  await waitFor(() => expect(screen.getByLabelText(/Base URL/)).toHaveValue('https://api.example.com/v1'));
  await user.type(screen.getByLabelText(/Base URL/), '0');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  await user.click(await screen.findByRole('button', { name: 'Test the connection' }));
  await screen.findByText('It works');
  expect(asked).toMatchObject([{ baseUrl: 'https://api.example.com/v10' }, { connectorId: 'con_1' }]);
});

test('what no request can carry is named before it is sent', async () => {
  const user = userEvent.setup();
  open('/connectors?connect=where');
  await user.type(await screen.findByLabelText(/Base URL/), 'https://api.example.com/v1#top');
  for (const index of [1, 2]) {
    await user.click(screen.getByRole('button', { name: 'Add a header' }));
    await user.type(screen.getByLabelText(`Header ${index}: name`), index === 1 ? 'X-Shop' : 'x-shop');
  }
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  expect(await screen.findByText(/Leave out the part from #/)).toBeVisible();
  expect(screen.getByText(/This header is there already/)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Remove header 2' }));
  await user.clear(screen.getByLabelText(/Base URL/));
  await user.type(screen.getByLabelText(/Base URL/), 'https://api.example.com/v1');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await user.type(await screen.findByLabelText(/^Token/), 'Bearer canary');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  expect(await screen.findByText(/Paste the token alone/)).toBeVisible();
});

test('a webhook shows its address again after a reload', async () => {
  useConnectorsStore.getState().begin({ apiType: 'webhook', name: 'Shop events' });
  useConnectorsStore.getState().saved('con_1', '');
  server.use(answer('get', '/connectors/con_1', { ...CONNECTOR, apiType: 'webhook', webhookUrl: 'https://varlor.example.com/api/v2/hooks/hk_1' }));
  open('/connectors?connect=where');
  expect(await screen.findByDisplayValue('https://varlor.example.com/api/v2/hooks/hk_1')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Create the address' })).toBeNull();
});

test('an API key goes where it is said to go, with its prefix', async () => {
  const user = userEvent.setup();
  const tested: unknown[] = [];
  server.use(answer('post', '/connectors/test-api', TESTED, (body) => tested.push(body)));
  open('/connectors?connect=source');
  await throughWhere(user);
  await user.click(await screen.findByRole('radio', { name: 'API key' }));
  await user.click(dialog().getByRole('button', { name: 'Continue' }));
  expect(await dialog().findByText('Paste the key.')).toBeVisible();
  expect(tested).toEqual([]);
  await user.click(dialog().getByRole('radio', { name: 'Query parameter' }));
  await user.clear(dialog().getByRole('textbox', { name: 'Name' }));
  await user.type(dialog().getByRole('textbox', { name: 'Name' }), 'api_key');
  await user.type(dialog().getByLabelText('Prefix'), 'v1-');
  await user.type(dialog().getByLabelText(/^Key/), 'canary-key');
  await expectAccessible(screen.getByRole('dialog'));
  await user.click(dialog().getByRole('button', { name: 'Continue' }));
  await user.click(await screen.findByRole('button', { name: 'Test the connection' }));
  expect(await screen.findByText('It works')).toBeVisible();
  const apiKeyConfig = { keyName: 'api_key', location: 'query', prefix: 'v1-' };
  expect(tested).toMatchObject([{ connector: { authType: 'apikey', apiKey: 'canary-key', apiKeyConfig } }]);
  expect(sessionStorage.getItem('varlor.connect')).not.toContain('canary-key');
});

test('a failed test says why and what to do, and what the API refuses is named', async () => {
  const user = userEvent.setup();
  server.use(
    answer('post', '/connectors/test-api', REFUSED),
    problem('post', '/connectors', 422, 'invalid-input', 'The input is not valid.', [{ pointer: '/baseUrl', detail: 'Inside the network.' }]),
  );
  open('/connectors?connect=source');
  await throughWhere(user);
  await user.click(screen.getByText('None'));
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await user.click(await screen.findByRole('button', { name: 'Test the connection' }));
  expect(await screen.findByText(/The API answered 401\. Go back one step/)).toBeVisible();
  await user.click(dialog().getByRole('button', { name: 'Save without a working test' }));
  expect(await screen.findByText(/Inside the network/)).toBeVisible();
});

test('a webhook gets its address, and its secret once', async () => {
  const user = userEvent.setup();
  const made: unknown[] = [];
  const hook = { ...CONNECTOR, apiType: 'webhook', webhookUrl: 'https://varlor.example.com/api/v2/hooks/hk_1', webhookSecret: 'whsec_once' };
  server.use(answer('post', '/connectors', hook, (body) => made.push(body)));
  open('/connectors?connect=source');
  await user.click(await screen.findByRole('button', { name: /Webhook/ }));
  await user.type(await screen.findByLabelText(/^Name/), 'Shop events');
  await user.click(screen.getByRole('button', { name: 'Create the address' }));
  expect(await screen.findByDisplayValue('https://varlor.example.com/api/v2/hooks/hk_1')).toBeVisible();
  expect(screen.getByText(/never shown again/)).toBeVisible();
  expect(made).toEqual([{ name: 'Shop events', apiType: 'webhook', webhookConfig: { style: 'standard' } }]);
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain('whsec_once');
});

test('a preset fills the form, asks for what differs, and sends its addresses whole', async () => {
  const user = userEvent.setup();
  const tested: unknown[] = [];
  const preset = {
    id: 'zendesk',
    name: 'Zendesk',
    summary: 'Tickets',
    docs: 'https://d.example.com',
    baseUrl: 'https://{subdomain}.zendesk.com/api/v2',
    variables: [{ name: 'subdomain', title: 'Your subdomain', example: 'acme' }],
    auth: [{ type: 'apikey', title: 'API token', source: 'https://d.example.com', apiKeyConfig: { keyName: 'Authorization', location: 'header', prefix: 'Basic ' } }],
    endpoints: [],
    testPath: '/users/me',
  };
  server.use(
    answer('get', '/presets', page([{ id: 'zendesk', name: 'Zendesk', summary: 'Tickets', docs: '', apiType: 'rest', authTypes: ['apikey'], endpoints: 5 }])),
    answer('get', '/presets/zendesk', preset),
    answer('post', '/connectors/test-api', TESTED, (body) => tested.push(body)),
  );
  open('/connectors?connect=source');
  await user.click(await screen.findByRole('button', { name: /Zendesk/ }));
  await user.type(await screen.findByLabelText(/Your subdomain/), 'acme');
  await waitFor(() => expect(screen.getByLabelText(/Base URL/)).toHaveValue('https://acme.zendesk.com/api/v2'));
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await user.type(await screen.findByLabelText(/^Key/), 'canary');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  expect(await screen.findByLabelText('Path')).toHaveValue('/users/me');
  await user.click(screen.getByRole('button', { name: 'Test the connection' }));
  await screen.findByText('It works');
  expect(tested).toMatchObject([
    { path: '/users/me', connector: { baseUrl: 'https://acme.zendesk.com/api/v2', presetId: 'zendesk', apiKeyConfig: { keyName: 'Authorization', prefix: 'Basic ' } } },
  ]);
});
