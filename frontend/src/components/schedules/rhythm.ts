/** The rhythm as a form has it, its rules, and its next times before anything is saved. */
import { Cron } from 'croner';
import { z } from 'zod';

export const UNITS = { minutes: 60, hours: 3600, days: 86_400 } as const;
export type Unit = keyof typeof UNITS;

/** What the API takes at most, in seconds: a year of 366 days. */
const LONGEST = 366 * UNITS.days;

export const rhythmFields = {
  kind: z.enum(['every', 'cron']),
  amount: z.number('Give a number.').int('Give a whole number.').min(1, 'At least 1.'),
  unit: z.enum(['minutes', 'hours', 'days']),
  cron: z.string().trim(),
  timeZone: z.string(),
};

export interface RhythmValues {
  kind: 'every' | 'cron';
  amount: number;
  unit: Unit;
  cron: string;
  timeZone: string;
}

export const RHYTHM_DEFAULTS: RhythmValues = {
  kind: 'every',
  amount: 1,
  unit: 'hours',
  cron: '0 6 * * 1-5',
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
};

/** What the API takes: seconds, or a cron line with its zone. */
export function toRhythm(values: RhythmValues): { every: number } | { cron: string; timeZone: string } {
  if (values.kind === 'every') return { every: values.amount * UNITS[values.unit] };
  return { cron: values.cron, timeZone: values.timeZone };
}

export function isTooLong({ amount, unit }: RhythmValues): boolean {
  return amount * UNITS[unit] > LONGEST;
}

/** The next five times; null when the cron line cannot be read. */
export function nextTimes(values: RhythmValues, now: Date): Date[] | null {
  if (values.kind === 'every') {
    const step = values.amount * UNITS[values.unit] * 1000;
    if (!(step > 0)) return null;
    if (isTooLong(values)) return [];
    const first = Math.ceil((now.getTime() + 1) / step) * step; // the engine counts from 1970 on
    return Array.from({ length: 5 }, (_, index) => new Date(first + index * step));
  }
  try {
    // The engine wants the day of the month and the weekday both, where other crons take either.
    return new Cron(values.cron, { timezone: values.timeZone, mode: '5-part', domAndDow: true }).nextRuns(5, now);
  } catch {
    return null;
  }
}
