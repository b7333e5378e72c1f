/** How server state is cached: patient with what may heal, quick with what will not, and one place for a 401. */
import { QueryCache, MutationCache, QueryClient } from '@tanstack/react-query';

import { keys } from '@/lib/api/keys';
import { ApiError, mayHeal } from '@/lib/api/problem';

const RETRIES = 3;

export function createQueryClient(): QueryClient {
  const onError = (error: Error) => {
    if (error instanceof ApiError && error.status === 401) client.setQueryData(keys.session, null);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { staleTime: 30_000, retry: (count, error) => count < RETRIES && mayHeal(error) },
      mutations: { retry: false },
    },
  });
  return client;
}
