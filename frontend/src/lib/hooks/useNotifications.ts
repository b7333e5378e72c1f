/** The outgoing webhook: where it goes, how that is going, and what became of each message. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import {
  data,
  getNotifications,
  idempotencyKey,
  listNotificationDeliveries,
  setNotifications,
  testNotifications,
  type NotificationInput,
} from '@/lib/api/client';
import { keys } from '@/lib/api/keys';

const FRESH_MS = 10_000;

export function useNotifications(enabled: boolean) {
  return useQuery({ queryKey: keys.notifications.settings, queryFn: () => data(getNotifications()), enabled, refetchInterval: FRESH_MS });
}

export function useDeliveries(enabled: boolean) {
  return useQuery({
    queryKey: keys.notifications.deliveries,
    queryFn: async () => (await data(listNotificationDeliveries({ query: { limit: 20 } }))).items,
    enabled,
    refetchInterval: FRESH_MS,
  });
}

export function useSaveNotifications() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NotificationInput) => data(setNotifications({ body })),
    onSuccess: (settings) => cache.setQueryData(keys.notifications.settings, settings),
  });
}

export function useTestNotification() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => data(testNotifications({ headers: idempotencyKey() })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.notifications.deliveries }),
  });
}
