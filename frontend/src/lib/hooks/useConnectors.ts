/** Connectors of the tenant: reading them, saving, testing, and everything that is done to one. */
import { queryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import {
  createConnector,
  createSchedule,
  data,
  deleteConnector,
  getConnector,
  getConnectorHealth,
  getPreset,
  getToken,
  idempotencyKey,
  listAudit,
  listConnectors,
  listEndpoints,
  listPresets,
  refreshToken,
  revokeToken,
  startFetch,
  testConnection,
  updateConnector,
  type CheckRequestWritable,
  type ConnectorInputWritable,
  type ConnectorPatchWritable,
  type FetchRequest,
  type ScheduleInput,
} from '@/lib/api/client';
import { keys } from '@/lib/api/keys';

import { useJoined } from './useJoined';

const PAGE = 100;

export const connectorQuery = (id: string) =>
  queryOptions({ queryKey: keys.connectors.one(id), queryFn: () => data(getConnector({ path: { connectorId: id } })) });

export function useConnectorList() {
  return useInfiniteQuery({
    queryKey: keys.connectors.lists,
    queryFn: ({ pageParam }) => data(listConnectors({ query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
}

export function useConnector(id: string | null) {
  return useQuery({ ...connectorQuery(id ?? ''), enabled: id !== null });
}

export function useHealth(id: string) {
  return useQuery({
    queryKey: keys.connectors.health(id),
    queryFn: () => data(getConnectorHealth({ path: { connectorId: id } })),
    refetchInterval: 10_000,
  });
}

export function useToken(id: string, enabled = true) {
  return useQuery({ queryKey: keys.connectors.token(id), queryFn: () => data(getToken({ path: { connectorId: id } })), enabled });
}

export function useEndpoints(id: string | null) {
  return useQuery({
    queryKey: keys.connectors.endpoints(id ?? ''),
    queryFn: () => data(listEndpoints({ path: { connectorId: id ?? '' } })),
    enabled: id !== null,
    staleTime: 60 * 60_000,
  });
}

export function useAudit(id: string, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: keys.connectors.audit(id),
    queryFn: ({ pageParam }) =>
      data(listAudit({ query: { connectorId: id, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    enabled,
    refetchInterval: ({ state }) => (state.data?.pages.length === 1 ? 5_000 : false), // whoever reads on is left alone
  });
}

export function usePresets() {
  return useQuery({ queryKey: keys.presets, queryFn: () => data(listPresets()), staleTime: Infinity });
}

export function usePreset(id: string | null) {
  return useQuery({
    queryKey: [...keys.presets, id],
    queryFn: () => data(getPreset({ path: { presetId: id ?? '' } })),
    enabled: id !== null,
    staleTime: Infinity,
  });
}

export function useSaveConnector() {
  const cache = useQueryClient();
  const save = useJoined(({ id, body }: { id: string | null; body: ConnectorInputWritable }) =>
    id === null
      ? data(createConnector({ body, headers: idempotencyKey() }))
      : data(updateConnector({ path: { connectorId: id }, body: body as ConnectorPatchWritable })),
  );
  return useMutation({
    mutationFn: save,
    onSuccess: (connector) => {
      cache.setQueryData(keys.connectors.one(connector.id), connector);
      void cache.invalidateQueries({ queryKey: keys.connectors.endpoints(connector.id) });
      void cache.invalidateQueries({ queryKey: keys.connectors.lists });
    },
  });
}

export function useChangeConnector(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: ConnectorPatchWritable) => data(updateConnector({ path: { connectorId: id }, body })),
    onSuccess: (connector) => {
      cache.setQueryData(keys.connectors.one(id), connector);
      void cache.invalidateQueries({ queryKey: keys.connectors.lists });
    },
  });
}

export function useTestConnection() {
  return useMutation({
    mutationFn: async (request: () => CheckRequestWritable | Promise<CheckRequestWritable>) => data(testConnection({ body: await request() })),
  });
}

export function useRefreshToken(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => data(refreshToken({ path: { connectorId: id }, headers: idempotencyKey() })),
    onSuccess: (token) => cache.setQueryData(keys.connectors.token(id), token),
  });
}

/** The two ways to end it: the token alone, or the connector with it. */
export function useEnding(id: string) {
  const cache = useQueryClient();
  const forget = () => {
    void cache.invalidateQueries({ queryKey: keys.connectors.one(id) });
    void cache.invalidateQueries({ queryKey: keys.connectors.token(id) });
    void cache.invalidateQueries({ queryKey: keys.connectors.lists });
  };
  return {
    revoke: useMutation({ mutationFn: () => data(revokeToken({ path: { connectorId: id }, headers: idempotencyKey() })), onSuccess: forget }),
    remove: useMutation({ mutationFn: () => data(deleteConnector({ path: { connectorId: id } })), onSuccess: forget }),
  };
}

/** Starts a run, and its schedule beside it. A run that has begun is told also where the schedule could not be made. */
export function useStartReading(connectorId: string) {
  const cache = useQueryClient();
  const start = useJoined(async ({ fetch, schedule }: { fetch: FetchRequest; schedule: ScheduleInput | null }) => {
    const { runId } = await data(startFetch({ path: { connectorId }, body: fetch, headers: idempotencyKey() }));
    let unscheduled: unknown = null;
    if (schedule !== null) {
      await createSchedule({ body: schedule, headers: idempotencyKey() }).catch((error: unknown) => {
        unscheduled = error;
      });
    }
    return { runId, unscheduled };
  });
  return useMutation({
    mutationFn: start,
    onSuccess: () => {
      for (const queryKey of [keys.runs.lists, keys.datasets.lists, keys.schedules.lists]) void cache.invalidateQueries({ queryKey });
    },
  });
}
