/** Datasets: the overview with what feeds each, one of them, its rows, and what may be changed. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { data, deleteDataset, getDataset, listDatasetRows, listSchedules, resetDataset, updateDataset, type Dataset, type DatasetPatch, type ResetRequest, type RowsPage, type Run, type Schedule } from '@/lib/api/client';
import { all } from '@/lib/api/all';
import { parseExactly } from '@/lib/api/exact';
import { keys } from '@/lib/api/keys';

import { useAllConnectors, useAllDatasets } from './useNames';
import { useRuns } from './useRuns';

export interface DatasetLine {
  dataset: Dataset;
  source: string;
  nextRun: string | null;
  /** Undefined when it is not among the newest runs of the tenant. */
  lastRun: Run | undefined;
}

/** The start page's lines. What feeds a dataset is asked for apart, and its absence holds nothing up. */
export function useDatasetLines() {
  const datasets = useAllDatasets();
  const connectors = useAllConnectors();
  const schedules = useAllSchedules();
  const runs = useRuns({}).data?.pages[0]?.items ?? [];
  const lines = datasets.data?.map((dataset) => ({
    dataset,
    source: connectors.data?.find((connector) => connector.id === dataset.connectorId)?.name ?? '—',
    nextRun: nextRunOf(dataset, schedules.data ?? []),
    lastRun: runs.find((run) => run.datasetId === dataset.id),
  }));
  return { lines, error: datasets.error, refetch: datasets.refetch };
}

export function useAllSchedules() {
  return useQuery({
    queryKey: keys.schedules.every,
    queryFn: () => all<Schedule>(listSchedules),
    refetchInterval: 60_000,
  });
}

/** The earliest next run of the schedules that write into this dataset. */
export function nextRunOf(dataset: Pick<Dataset, 'id' | 'name'>, schedules: Schedule[]): string | null {
  const times = schedules
    .filter(({ fetch, paused }) => !paused && (fetch.dataset.id === dataset.id || fetch.dataset.name === dataset.name))
    .flatMap((schedule) => schedule.nextRuns.slice(0, 1));
  return times.toSorted()[0] ?? null;
}

export function useDataset(datasetId: string) {
  return useQuery({ queryKey: keys.datasets.one(datasetId), queryFn: () => data(getDataset({ path: { datasetId } })) });
}

const ROWS = 200;

/** Rows in slices; `version` is part of the key, so that a new version is read anew. */
export function useDatasetRows(datasetId: string, version: number | null) {
  return useInfiniteQuery({
    queryKey: [...keys.datasets.rows(datasetId), version],
    queryFn: async ({ pageParam }) => {
      const text = await data<unknown>(listDatasetRows({ path: { datasetId }, query: { limit: ROWS, offset: pageParam }, parseAs: 'text' }));
      return parseExactly(String(text)) as RowsPage;
    },
    initialPageParam: 0,
    getNextPageParam: (last) => (last.offset + last.rows.length < last.rowCount && last.rows.length > 0 ? last.offset + last.rows.length : undefined),
  });
}

export function useUpdateDataset(datasetId: string) {
  const onSuccess = useTake(datasetId);
  return useMutation({ mutationFn: (body: DatasetPatch) => data(updateDataset({ path: { datasetId }, body })), onSuccess });
}

export function useResetDataset(datasetId: string) {
  const onSuccess = useTake(datasetId);
  return useMutation({ mutationFn: (body: ResetRequest) => data(resetDataset({ path: { datasetId }, body })), onSuccess });
}

/** Takes the dataset that a change was answered with. */
function useTake(datasetId: string) {
  const cache = useQueryClient();
  return (dataset: Dataset) => {
    cache.setQueryData(keys.datasets.one(datasetId), dataset);
    void cache.invalidateQueries({ queryKey: keys.datasets.lists });
  };
}

export function useDeleteDataset(datasetId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => deleteDataset({ path: { datasetId } }),
    onSuccess: async () => {
      cache.removeQueries({ queryKey: keys.datasets.one(datasetId) });
      await cache.invalidateQueries({ queryKey: keys.datasets.lists });
    },
  });
}
