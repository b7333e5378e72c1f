/** The rules of the schedule form, and the body that the API takes. */
import { z } from 'zod';

import type { ScheduleInput } from '@/lib/api/client';

import { isTooLong, nextTimes, RHYTHM_DEFAULTS, rhythmFields, toRhythm } from './rhythm';

export const scheduleForm = z
  .object({
    name: z.string().trim().min(1, 'Give it a name.').max(200, 'Use 200 characters at most.'),
    connectorId: z.string().min(1, 'Choose a connector.'),
    path: z.string().trim().min(1, 'Give the path to fetch, such as /orders.').regex(/^\S*$/, 'A path has no spaces.'),
    dataset: z.string().trim().min(1, 'Name the dataset.').max(200, 'Use 200 characters at most.'),
    writeMode: z.enum(['append', 'replace', 'merge']),
    primaryKey: z.array(z.string()),
    overlap: z.enum(['skip', 'buffer_one', 'cancel_other']),
    rhythm: z.object(rhythmFields),
  })
  .check((context) => {
    const { writeMode, primaryKey, rhythm } = context.value;
    if (writeMode === 'merge' && primaryKey.length === 0) {
      context.issues.push({ code: 'custom', input: primaryKey, path: ['primaryKey'], message: 'Merging needs a key: the columns that tell rows apart.' });
    }
    if (rhythm.kind === 'every' && isTooLong(rhythm)) {
      context.issues.push({ code: 'custom', input: rhythm.amount, path: ['rhythm'], message: 'At most a year.' });
    }
    if (rhythm.kind === 'cron' && nextTimes(rhythm, new Date()) === null) {
      context.issues.push({ code: 'custom', input: rhythm.cron, path: ['rhythm'], message: 'Give five fields, such as 0 6 * * 1-5.' });
    }
  });

export type ScheduleValues = z.infer<typeof scheduleForm>;

export const SCHEDULE_DEFAULTS: ScheduleValues = {
  name: '',
  connectorId: '',
  path: '',
  dataset: '',
  writeMode: 'replace',
  primaryKey: [],
  overlap: 'skip',
  rhythm: RHYTHM_DEFAULTS,
};

export function toScheduleInput(values: ScheduleValues): ScheduleInput {
  const { name, connectorId, path, dataset, writeMode, primaryKey, overlap, rhythm } = values;
  return {
    name,
    connectorId,
    overlap,
    fetch: { path, dataset: { name: dataset, writeMode, primaryKey: writeMode === 'merge' ? primaryKey : [] } },
    ...toRhythm(rhythm),
  };
}
