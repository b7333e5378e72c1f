/** Runs: the list in pages, one of them live, and what may be asked of it. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import {
  cancelRun,
  data,
  getRun,
  getRunProgress,
  listRunRequests,
  listRuns,
  pauseRun,
  resumeRun,
  updateRun,
  type Run,
} from '@/lib/api/client';
import { keys } from '@/lib/api/keys';
import type { RunStatus } from '@/lib/runs';

import { useJoined } from './useJoined';

export interface RunFilter {
  connectorId?: string;
  datasetId?: string;
  scheduleId?: string;
  status?: RunStatus;
}

const PAGE = 100;

export function useRuns(filter: RunFilter) {
  return useInfiniteQuery({
    queryKey: keys.runs.list(filter),
    queryFn: ({ pageParam }) =>
      data(listRuns({ query: { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.length === 1 ? 15_000 : false),
  });
}

export function useRun(runId: string) {
  return useQuery({ queryKey: keys.runs.one(runId), queryFn: () => data(getRun({ path: { runId } })) });
}

/** The run's counters over time; live events add to it (`useEvents`). */
export function useRunSeries(runId: string) {
  return useQuery({
    queryKey: keys.runs.series(runId),
    queryFn: async () => (await data(getRunProgress({ path: { runId } }))).points,
  });
}

/** All requests, the failed ones, or those with one status, a class of it, or no answer. */
export type Which = 'all' | 'failed' | '2xx' | '4xx' | '429' | '5xx' | 'none';

export function useRequests(runId: string, which: Which, live: boolean) {
  const filter = which === 'all' ? {} : which === 'failed' ? { failedOnly: true } : { status: which };
  return useInfiniteQuery({
    queryKey: keys.runs.requests(runId, which),
    queryFn: ({ pageParam }) =>
      data(listRunRequests({ path: { runId }, query: { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: ({ state }) => (live && state.data?.pages.length === 1 ? 3000 : false),
  });
}

export type RunAct = 'pause' | 'resume' | 'cancel' | { requestsPerMinute: number | null };

export function useRunAct(runId: string) {
  const cache = useQueryClient();
  const send = useJoined((act: RunAct): Promise<Run> => data(ask(runId, act)));
  return useMutation({
    mutationFn: send,
    onSuccess: (run) => {
      cache.setQueryData(keys.runs.one(runId), run);
      void cache.invalidateQueries({ queryKey: keys.runs.lists });
    },
  });
}

function ask(runId: string, act: RunAct) {
  const path = { runId };
  if (act === 'pause') return pauseRun({ path });
  if (act === 'resume') return resumeRun({ path });
  if (act === 'cancel') return cancelRun({ path });
  return updateRun({ path, body: act });
}
