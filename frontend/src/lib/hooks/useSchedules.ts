/** What may be asked of schedules. The list itself is `useAllSchedules`. */
import { useMutation, useQueryClient } from '@tanstack/react-query';

import {
  backfillSchedule,
  createSchedule,
  data,
  deleteSchedule,
  idempotencyKey,
  pauseSchedule,
  resumeSchedule,
  triggerSchedule,
  type ScheduleInput,
} from '@/lib/api/client';
import { keys } from '@/lib/api/keys';

import { useJoined } from './useJoined';

export type ScheduleAct =
  | { act: 'pause'; note: string }
  | { act: 'resume' }
  | { act: 'trigger' }
  | { act: 'backfill'; startAt: string; endAt: string }
  | { act: 'delete' };

export function useScheduleAct(scheduleId: string) {
  const cache = useQueryClient();
  const act = useJoined((order: ScheduleAct) => ask(scheduleId, order));
  return useMutation({
    mutationFn: act,
    onSuccess: async (_, order) => {
      await cache.invalidateQueries({ queryKey: keys.schedules.lists });
      if (order.act === 'trigger' || order.act === 'backfill') void cache.invalidateQueries({ queryKey: keys.runs.lists });
    },
  });
}

async function ask(scheduleId: string, order: ScheduleAct): Promise<void> {
  const path = { scheduleId };
  if (order.act === 'pause') await pauseSchedule({ path, body: { note: order.note || null } });
  if (order.act === 'resume') await resumeSchedule({ path, body: {} });
  if (order.act === 'trigger') await triggerSchedule({ path, headers: idempotencyKey() });
  if (order.act === 'backfill') await backfillSchedule({ path, body: { startAt: order.startAt, endAt: order.endAt }, headers: idempotencyKey() });
  if (order.act === 'delete') await deleteSchedule({ path });
}

export function useCreateSchedule() {
  const cache = useQueryClient();
  const create = useJoined((body: ScheduleInput) => data(createSchedule({ body, headers: idempotencyKey() })));
  return useMutation({
    mutationFn: create,
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.schedules.lists }),
  });
}
