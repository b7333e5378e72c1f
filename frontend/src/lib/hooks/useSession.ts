/** Who is signed in: null when nobody is. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';

import { data, endSession, getSession, startSession, type SessionInfo } from '@/lib/api/client';
import { keys } from '@/lib/api/keys';
import { ApiError } from '@/lib/api/problem';
import { useConnectorsStore } from '@/stores/connectors.store';

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async (): Promise<SessionInfo | null> => {
    try {
      return await data(getSession());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
  refetchOnWindowFocus: 'always', // another tab may have signed out, or in
});

export function useSession() {
  return useQuery(sessionQuery);
}

/** Whether the signed-in person may do what needs `role`. */
export function useMay(role: 'viewer' | 'editor' | 'admin' | 'operator'): boolean {
  const { data: who } = useSession();
  const enough = { viewer: ['viewer', 'editor', 'admin'], editor: ['editor', 'admin'], admin: ['admin'], operator: ['operator'] };
  return who?.roles.some((held) => enough[role].includes(held)) ?? false;
}

export function useSignIn() {
  const cache = useQueryClient();
  return async (code: string) => {
    const who = await data(startSession({ body: { code } }));
    cache.setQueryData(keys.session, who);
  };
}

export function useSignOut() {
  const cache = useQueryClient();
  return async () => {
    await endSession();
    useConnectorsStore.getState().clear(); // what was typed is not the next person's
    cache.setQueryData(keys.session, null); // first: the page looks at this query, and a cleared cache has another
    cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
  };
}
