import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';

import { tellEnd } from '@/lib/connect/authorization';
import { useConnectorsStore } from '@/stores/connectors.store';
import { expectAccessible, open } from '@/test/render';
import { answer, page, problem, server } from '@/test/server';

import { OAUTH } from './fixtures';

const STARTED = { authorizationUrl: 'https://id.example.com/a?state=s', state: 's', expiresAt: '2030-01-01T00:00:00Z', workflowId: 'w' };

function fakeWindow() {
  const opened = { closed: false, close: vi.fn<() => void>(), location: { replace: vi.fn<(address: string) => void>() } };
  vi.spyOn(window, 'open').mockReturnValue(opened as unknown as Window);
  return opened;
}

beforeEach(() => {
  sessionStorage.clear();
  const { begin } = useConnectorsStore.getState();
  begin({ name: 'CRM', baseUrl: 'https://api.example.com', authType: 'oauth2' });
  server.use(
    answer('get', '/connectors', page([])),
    answer('post', '/connectors', OAUTH),
    answer('patch', '/connectors/con_1', OAUTH),
    answer('get', '/connectors/con_1', OAUTH),
  );
});

async function fill(user: ReturnType<typeof userEvent.setup>) {
  await user.type(await screen.findByLabelText('Authorization URL'), 'https://id.example.com/a');
  await user.type(screen.getByLabelText('Token URL'), 'https://id.example.com/t');
  await user.type(screen.getByLabelText(/Client id/), 'app');
}

test('the window is opened by the click, sent on, and its end arrives by itself', async () => {
  const user = userEvent.setup();
  const opened = fakeWindow();
  const started: unknown[] = [];
  server.use(answer('post', '/connectors/oauth/start', STARTED, (body) => started.push(body)));
  open('/connectors?connect=who');
  await fill(user);
  await user.click(screen.getByRole('button', { name: 'Connect' }));
  expect(window.open).toHaveBeenCalledWith('about:blank', '_blank', expect.stringContaining('popup'));
  await waitFor(() => expect(opened.location.replace).toHaveBeenCalledWith(STARTED.authorizationUrl));
  expect(started).toEqual([{ connectorId: 'con_1', returnTo: '/connected?connector=con_1' }]);
  expect(await screen.findByText(/A window is open there/)).toBeVisible();
  act(() => tellEnd({ connectorId: 'con_1', oauth: 'connected' }));
  expect(await screen.findByText('Connected')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Continue' })).toBeEnabled();
  await expectAccessible(screen.getByRole('dialog'));
});

test('a denial is said in words, and can be tried again', async () => {
  const user = userEvent.setup();
  fakeWindow();
  server.use(answer('post', '/connectors/oauth/start', STARTED));
  open('/connectors?connect=who');
  await fill(user);
  await user.click(screen.getByRole('button', { name: 'Connect' }));
  await screen.findByText(/A window is open there/);
  act(() => tellEnd({ connectorId: 'con_other', oauth: 'connected' }));
  act(() => tellEnd({ connectorId: 'con_1', oauth: 'error', reason: 'access_denied' }));
  expect(await screen.findByText(/Access was denied at the provider/)).toBeVisible();
  expect(screen.getByRole('button', { name: 'Try again' })).toBeEnabled();
  expect(screen.getByRole('button', { name: 'Continue' })).toBeDisabled();
});

test('a blocked window is no dead end', async () => {
  const user = userEvent.setup();
  vi.spyOn(window, 'open').mockReturnValue(null);
  open('/connectors?connect=who');
  await fill(user);
  await user.click(screen.getByRole('button', { name: 'Connect' }));
  expect(await screen.findByText('The browser blocked the window')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Go on in this window' })).toBeEnabled();
});

test('a form that does not hold opens nothing at the provider', async () => {
  const user = userEvent.setup();
  const opened = fakeWindow();
  open('/connectors?connect=who');
  await user.click(await screen.findByRole('button', { name: 'Connect' }));
  expect(await screen.findByText(/Enter the client id/)).toBeVisible();
  expect(screen.getByText(/Enter the token URL/)).toBeVisible();
  expect(opened.close).toHaveBeenCalled();
  expect(opened.location.replace).not.toHaveBeenCalled();
});

test('what the server refuses to begin is shown, and the window closed', async () => {
  const user = userEvent.setup();
  const opened = fakeWindow();
  server.use(problem('post', '/connectors/oauth/start', 429, 'too-many-requests', 'Too many attempts; wait a minute.'));
  open('/connectors?connect=who');
  await fill(user);
  await user.click(screen.getByRole('button', { name: 'Connect' }));
  expect(await screen.findByText(/Too many attempts/)).toBeVisible();
  expect(opened.close).toHaveBeenCalled();
});

test('the redirect address is shown once the connector is saved', async () => {
  const user = userEvent.setup();
  open('/connectors?connect=who');
  await fill(user);
  await user.click(screen.getByRole('button', { name: /show the redirect address/ }));
  expect(await screen.findByDisplayValue(OAUTH.oauthConfig?.redirectUri ?? '')).toBeVisible();
});

test('back from a provider in the same window, the wizard goes on where it was', async () => {
  open('/connectors?connect=who&connector=con_1&oauth=error&reason=access_denied');
  expect(await screen.findByText(/Access was denied at the provider/)).toBeVisible();
  await waitFor(() => expect(screen.getByLabelText(/Client id/)).toHaveValue('app'));
});

test('the page in the provider’s window tells its end and closes', async () => {
  const closed = vi.spyOn(window, 'close').mockImplementation(() => undefined);
  const heard = new Promise((resolve) => {
    const channel = new BroadcastChannel('varlor.oauth');
    channel.addEventListener('message', ({ data }) => {
      channel.close();
      resolve(data);
    });
  });
  open('/connected?connector=con_1&oauth=connected');
  expect(await heard).toEqual({ connectorId: 'con_1', oauth: 'connected' });
  expect(closed).toHaveBeenCalled();
});
