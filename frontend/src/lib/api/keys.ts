/** Every query key. Lists sit under their noun's `lists`, so a change invalidates exactly what it touches. */
export const keys = {
  session: ['session'] as const,
  readiness: ['readiness'] as const,
  datasets: {
    all: ['datasets'] as const,
    lists: ['datasets', 'list'] as const,
    one: (id: string) => ['datasets', 'one', id] as const,
    rows: (id: string) => ['datasets', 'rows', id] as const,
  },
  runs: {
    all: ['runs'] as const,
    lists: ['runs', 'list'] as const,
    list: (filter: object) => ['runs', 'list', filter] as const,
    one: (id: string) => ['runs', 'one', id] as const,
    requests: (id: string, failedOnly: boolean) => ['runs', 'requests', id, failedOnly] as const,
  },
  schedules: {
    all: ['schedules'] as const,
    lists: ['schedules', 'list'] as const,
    one: (id: string) => ['schedules', 'one', id] as const,
  },
  connectors: {
    all: ['connectors'] as const,
    lists: ['connectors', 'list'] as const,
    one: (id: string) => ['connectors', 'one', id] as const,
    health: (id: string) => ['connectors', 'health', id] as const,
    endpoints: (id: string) => ['connectors', 'endpoints', id] as const,
    token: (id: string) => ['connectors', 'token', id] as const,
    audit: (id: string) => ['connectors', 'audit', id] as const,
    inboxes: (id: string) => ['connectors', 'inbox', id] as const,
    inbox: (id: string, status: string) => ['connectors', 'inbox', id, status] as const,
  },
  presets: ['presets'] as const,
  notifications: ['notifications'] as const,
  platform: ['platform'] as const,
};
