import { beforeEach, expect, test } from 'vitest';

import { useConnectorsStore } from './connectors.store';
import { useLive } from './live.store';

beforeEach(() => {
  sessionStorage.clear();
  useConnectorsStore.getState().clear();
});

test('the wizard remembers what was typed for as long as the tab lasts, secrets in memory alone', () => {
  const { change, read, keepSecrets, saved } = useConnectorsStore.getState();
  change({ name: 'Shop' });
  read({ path: '/orders' });
  keepSecrets({ bearerToken: 'canary-token' });
  saved('con_1', 'the form');
  expect(useConnectorsStore.getState().secrets.bearerToken).toBe('canary-token');
  const kept = sessionStorage.getItem('varlor.connect') ?? '';
  expect(JSON.parse(kept).state).toMatchObject({ draft: { name: 'Shop' }, reading: { path: '/orders' }, savedId: 'con_1' });
  expect(kept).not.toContain('canary-token');
});

test('beginning with a preset forgets the draft before it, and its connector', () => {
  const { change, saved, begin } = useConnectorsStore.getState();
  change({ name: 'Shop' });
  saved('con_1', 'the form');
  const { generation } = useConnectorsStore.getState();
  begin({ baseUrl: 'https://api.example.com' });
  const now = useConnectorsStore.getState();
  expect(now.draft).toMatchObject({ name: '', baseUrl: 'https://api.example.com' });
  expect(now.savedId).toBeNull();
  expect(now.generation).toBe(generation + 1);
});

test('live numbers that stopped coming say since when, until they come again', () => {
  const { up, down } = useLive.getState();
  up();
  down();
  const first = useLive.getState().lostAt;
  down();
  expect(first).toBeInstanceOf(Date);
  expect(useLive.getState().lostAt).toBe(first);
  up();
  expect(useLive.getState()).toMatchObject({ connected: true, lostAt: null });
});
