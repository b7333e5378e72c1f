/** Live events applied to the query cache: exactly what an event touches is changed or asked for again. */
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

import type { Run } from '@/lib/api/client';
import { followEvents, type LiveEvent } from '@/lib/api/events';
import { keys } from '@/lib/api/keys';
import type { Point } from '@/lib/series';
import { useLive } from '@/stores/live.store';

const COUNTERS = ['status', 'rows', 'pages', 'pendingRows', 'pendingPages', 'requests', 'resumeAt', 'error'] as const;

export function useEvents(): void {
  const cache = useQueryClient();
  useEffect(() => {
    const { up, down } = useLive.getState();
    return followEvents({
      onEvent: (event) => apply(cache, event),
      onUp: up,
      onDown: down,
      onGap: () => void cache.invalidateQueries(),
    });
  }, [cache]);
}

export function apply(cache: QueryClient, { type, data }: LiveEvent): void {
  const text = (name: string) => String(data[name] ?? '');
  if (type === 'run.changed' || type === 'run.finished') {
    applyRun(cache, type, text('runId'), data);
  } else if (type === 'dataset.stale' || type === 'dataset.fresh') {
    void cache.invalidateQueries({ queryKey: keys.datasets.one(text('datasetId')) });
    void cache.invalidateQueries({ queryKey: keys.datasets.lists });
  } else {
    const id = text('connectorId');
    for (const queryKey of [keys.connectors.one(id), keys.connectors.health(id), keys.connectors.token(id)]) {
      void cache.invalidateQueries({ queryKey });
    }
    void cache.invalidateQueries({ queryKey: keys.connectors.lists });
  }
}

/** Ask again, also where the first answer is still awaited: a short run ends before it comes. */
function refresh(cache: QueryClient, queryKey: readonly unknown[]): void {
  void cache.cancelQueries({ queryKey }).then(() => cache.invalidateQueries({ queryKey }));
}

function applyRun(cache: QueryClient, type: LiveEvent['type'], id: string, data: LiveEvent['data']): void {
  const news = Object.fromEntries(COUNTERS.filter((name) => name in data).map((name) => [name, data[name]]));
  let statusChanged = true;
  cache.setQueryData<Run>(keys.runs.one(id), (run) => {
    if (run === undefined) return run;
    statusChanged = run.status !== news.status;
    return { ...run, ...news };
  });
  cache.setQueryData<Point[]>(keys.runs.series(id), (points) => points && [...points, pointOf(data, points.at(-1))]);
  if (type === 'run.finished' || statusChanged) {
    void cache.invalidateQueries({ queryKey: keys.runs.one(id) });
    void cache.invalidateQueries({ queryKey: keys.runs.lists });
  }
  if (type === 'run.finished') {
    for (const key of [keys.runs.one(id), keys.runs.log(id), keys.runs.series(id)]) refresh(cache, key);
    const dataset = String(data.datasetId ?? '');
    void cache.invalidateQueries({ queryKey: keys.datasets.one(dataset) });
    void cache.invalidateQueries({ queryKey: keys.datasets.lists });
    void cache.invalidateQueries({ queryKey: keys.schedules.lists });
  }
}

/** The event's numbers as the chart's next point; events do not carry retries, so they stay as they were. */
function pointOf(data: LiveEvent['data'], last: Point | undefined): Point {
  return {
    time: new Date().toISOString(),
    rows: 'rows' in data ? Number(data.rows) + Number(data.pendingRows ?? 0) : (last?.rows ?? 0),
    requests: Number(data.requests ?? last?.requests ?? 0),
    retries: last?.retries ?? 0,
  };
}
