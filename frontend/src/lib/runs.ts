/** A run's state in sentences: what happens, why, and what comes next. */
import type { Run } from '@/lib/api/client';
import { formatClock, formatDuration } from '@/lib/format';

export type RunStatus = Run['status'];

export const RUN_STATES: RunStatus[] = [
  'queued',
  'running',
  'paused',
  'throttled',
  'waiting_auth',
  'succeeded',
  'failed',
  'canceled',
];

export function hasEnded(run: Pick<Run, 'status'>): boolean {
  return run.status === 'succeeded' || run.status === 'failed' || run.status === 'canceled';
}

/** What has been read so far: what is in the dataset, and what its next checkpoint brings. */
export function readSoFar(run: Run): { rows: number; pages: number; pending: number } {
  const pending = run.pendingRows ?? 0;
  return { rows: (run.rows ?? 0) + pending, pages: (run.pages ?? 0) + (run.pendingPages ?? 0), pending };
}

/** Seconds from start to end, or to now; 0 before the start. */
export function secondsOf(run: Run, now: Date): number {
  if (!run.startedAt) return 0;
  const end = run.finishedAt ? new Date(run.finishedAt) : now;
  return Math.max((end.getTime() - new Date(run.startedAt).getTime()) / 1000, 0);
}

export function stateInWords(run: Run, now: Date): string {
  const took = formatDuration(secondsOf(run, now));
  switch (run.status) {
    case 'queued':
      return 'Queued. It begins as soon as a worker is free and no other run writes into this dataset.';
    case 'running':
      return `Running for ${took}.`;
    case 'paused':
      return 'Paused after the last whole page. Resume it, and it goes on with the next one.';
    case 'throttled':
      return run.resumeAt
        ? `Waiting until ${formatClock(new Date(run.resumeAt), now)}: the API or its rate limit asked for it. It goes on by itself.`
        : 'Waiting, because the API or its rate limit asked for it. It goes on by itself.';
    case 'waiting_auth':
      return 'Waiting, because the API no longer takes the credential. Reconnect the connector, and it goes on at the same page.';
    case 'succeeded':
      return `Succeeded in ${took}.`;
    case 'canceled':
      return `Canceled after ${took}. ${keptInWords(run)}`;
    case 'failed':
      return `Failed after ${took}. ${keptInWords(run)}`;
  }
}

/** What a run that did not succeed leaves in its dataset. */
function keptInWords(run: Run): string {
  if (run.request.dataset.writeMode === 'append') {
    return 'Rows up to the last checkpoint are in the dataset.';
  }
  return 'The dataset is as it was before.';
}

/** The path that was fetched, or the endpoint's id. */
export function placeOf(run: Pick<Run, 'request'>): string {
  return run.request.path ?? run.request.endpointId ?? 'GraphQL query';
}
