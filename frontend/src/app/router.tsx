/** Every address of the UI. Pages are loaded when they are first opened. */
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod/mini';

import { ErrorPage } from './ErrorPage';
import { NotFoundPage } from './NotFoundPage';
import { Root } from './Root';

const word = z.optional(z.string());

const root = createRootRouteWithContext<{ cache: QueryClient }>()({
  // The wizard opens over any page, and a provider's answer may end on any.
  validateSearch: z.object({ connect: word, connector: word, oauth: word, reason: word }),
  component: Root,
  notFoundComponent: NotFoundPage,
  errorComponent: ErrorPage,
});

const datasets = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('@/routes/DatasetsPage'), 'DatasetsPage'),
});

const dataset = createRoute({
  getParentRoute: () => root,
  path: '/datasets/$datasetId',
  validateSearch: z.object({ tab: z.optional(z.string()) }),
  component: lazyRouteComponent(() => import('@/routes/DatasetPage'), 'DatasetPage'),
});

const connectors = createRoute({
  getParentRoute: () => root,
  path: '/connectors',
  component: lazyRouteComponent(() => import('@/routes/ConnectorsPage'), 'ConnectorsPage'),
});

const connector = createRoute({
  getParentRoute: () => root,
  path: '/connectors/$connectorId',
  validateSearch: z.object({ tab: word }),
  component: lazyRouteComponent(() => import('@/routes/ConnectorPage'), 'ConnectorPage'),
});

const connected = createRoute({
  getParentRoute: () => root,
  path: '/connected',
  component: lazyRouteComponent(() => import('@/routes/ConnectedPage'), 'ConnectedPage'),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: z.object({ status: z.optional(z.string()) }),
  component: lazyRouteComponent(() => import('@/routes/RunsPage'), 'RunsPage'),
});

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$runId',
  component: lazyRouteComponent(() => import('@/routes/RunPage'), 'RunPage'),
});

const schedules = createRoute({
  getParentRoute: () => root,
  path: '/schedules',
  component: lazyRouteComponent(() => import('@/routes/SchedulesPage'), 'SchedulesPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/routes/SettingsPage'), 'SettingsPage'),
});

const tree = root.addChildren([datasets, dataset, connectors, connector, connected, runs, run, schedules, settings]);

export function createAppRouter(cache: QueryClient) {
  return createRouter({ routeTree: tree, context: { cache }, defaultPreload: 'intent', scrollRestoration: true });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
