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

export function useRequests(runId: string, failedOnly: boolean, live: boolean) {
  return useInfiniteQuery({
    queryKey: keys.runs.requests(runId, failedOnly),
    queryFn: ({ pageParam }) =>
      data(listRunRequests({ path: { runId }, query: { failedOnly, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: ({ state }) => (live && state.data?.pages.length === 1 ? 3000 : false),
  });
}

export type RunAct = 'pause' | 'resume' | 'cancel' | { requestsPerMinute: number | null };

export function useRunAct(runId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (act: RunAct): Promise<Run> => data(ask(runId, act)),
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
