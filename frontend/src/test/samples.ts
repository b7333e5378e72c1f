/** Answers of the API as tests need them; each takes what should differ. */
import type { Connector, Dataset, RequestLogEntry, Run, Schedule } from '@/lib/api/client';

export const NOW = '2026-11-25T12:00:00Z';

export function run(part: Partial<Run> = {}): Run {
  return {
    id: 'run_1',
    connectorId: 'con_1',
    datasetId: 'dat_1',
    origin: 'api',
    status: 'running',
    request: { path: '/orders', dataset: { name: 'orders', writeMode: 'append' } },
    workflowId: 'sync/t1/run_1',
    createdAt: NOW,
    startedAt: NOW,
    rows: 1200,
    pages: 12,
    requests: 13,
    retries: 1,
    bytes: 345_678,
    ...part,
  };
}

export function dataset(part: Partial<Dataset> = {}): Dataset {
  return {
    id: 'dat_1',
    name: 'orders',
    connectorId: 'con_1',
    location: '/data/t1/dat_1',
    createdAt: NOW,
    updatedAt: NOW,
    rowCount: 1200,
    bytes: 345_678,
    version: 3,
    columns: [
      { name: 'id', type: 'long' },
      { name: 'status', type: 'string' },
    ],
    versions: [{ version: 3, committedAt: NOW, operation: 'append', runId: 'run_1' }],
    ...part,
  };
}

export function connector(part: Partial<Connector> = {}): Connector {
  return { id: 'con_1', name: 'Shop', connectorType: 'api', apiType: 'rest', baseUrl: 'https://shop.example', authType: 'bearer', status: 'connected', hasCredential: true, createdAt: NOW, updatedAt: NOW, ...part } as Connector;
}

export function schedule(part: Partial<Schedule> = {}): Schedule {
  return {
    id: 'sch_1',
    name: 'Orders, hourly',
    connectorId: 'con_1',
    fetch: { path: '/orders', dataset: { name: 'orders', writeMode: 'append' } },
    every: 3600,
    timeZone: 'UTC',
    paused: false,
    parked: false,
    nextRuns: [new Date(Date.now() + 600_000).toISOString()],
    recentRuns: [],
    createdAt: NOW,
    updatedAt: NOW,
    ...part,
  };
}

export function request(part: Partial<RequestLogEntry> = {}): RequestLogEntry {
  return { seq: 1, time: NOW, method: 'GET', url: 'https://shop.example/orders?page=1', status: 200, bytes: 2048, ms: 31, attempt: 1, waitMs: 0, error: null, answer: null, ...part };
}
