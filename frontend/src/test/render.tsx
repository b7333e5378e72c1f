/** Renders with the providers of the app; `open('/runs')` starts the whole app at an address. */
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import axe from 'axe-core';
import type { ReactNode } from 'react';
import { expect } from 'vitest';

import { createQueryClient } from '@/app/queryClient';
import { createAppRouter } from '@/app/router';
import { theme } from '@/app/theme';

function client() {
  const cache = createQueryClient();
  cache.setDefaultOptions({ queries: { retry: false } });
  return cache;
}

/** A component alone; links need `open` instead. */
export function show(ui: ReactNode) {
  const cache = client();
  return {
    cache,
    ...render(
      <MantineProvider theme={theme} env="test">
        <QueryClientProvider client={cache}>{ui}</QueryClientProvider>
      </MantineProvider>,
    ),
  };
}

/** The app at an address. */
export function open(address: string) {
  const cache = client();
  const router = createAppRouter(cache);
  router.update({ history: createMemoryHistory({ initialEntries: [address] }), context: { cache } });
  return {
    cache,
    router,
    ...render(
      <MantineProvider theme={theme} env="test">
        <QueryClientProvider client={cache}>
          <Notifications />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>,
    ),
  };
}

/** No violation of any axe rule that can be judged without layout. */
export async function expectAccessible(element: Element): Promise<void> {
  const { violations } = await axe.run(element, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
}
