/** A schedule's rhythm in words, and when it comes next. */
import type { Schedule } from '@/lib/api/client';
import { formatLength } from '@/lib/format';

export type Rhythm = Pick<Schedule, 'cron' | 'every' | 'timeZone'>;

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** "every 15 min", "weekdays at 06:00 (Europe/Berlin)", or the cron line itself. */
export function rhythmInWords({ cron, every, timeZone }: Rhythm): string {
  if (every) return `every ${formatLength(every)}`;
  if (!cron) return 'never';
  const zone = timeZone && timeZone !== 'UTC' ? ` (${timeZone})` : ' (UTC)';
  return (cronInWords(cron) ?? cron) + zone;
}

function cronInWords(cron: string): string | null {
  const named: Record<string, string> = { '@hourly': 'every hour', '@daily': 'every day at 00:00', '@weekly': 'Sundays at 00:00', '@monthly': 'on the 1st of each month', '@yearly': 'on 1 January' };
  if (cron in named) return named[cron] ?? null;
  const [minute = '', hour = '', day, month, weekday = ''] = cron.split(' ');
  if (day !== '*' || month !== '*' || !/^\d+$/.test(minute)) return null;
  if (hour === '*' && weekday === '*') return `every hour at minute ${minute}`;
  if (!/^\d+$/.test(hour)) return null;
  const at = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (weekday === '*') return `every day at ${at}`;
  if (weekday === '1-5') return `weekdays at ${at}`;
  const name = DAYS[Number(weekday)];
  return name === undefined ? null : `${name}s at ${at}`;
}

export interface Mark {
  at: Date;
  /** It runs so often that it is one bar from here on. */
  often: boolean;
}

const WEEK_MS = 7 * 86_400_000;
const OFTEN_SECONDS = 4 * 3600;

/** The runs of the coming week, as far as they can be told; a run every few hours is one mark. */
export function marksOf(schedule: Schedule, now: Date): Mark[] {
  if (schedule.paused) return [];
  const known = schedule.nextRuns.map((time) => new Date(time));
  const [first, second] = known;
  if (first === undefined) return [];
  if (second !== undefined && (second.getTime() - first.getTime()) / 1000 < OFTEN_SECONDS) return [{ at: first, often: true }];
  const until = now.getTime() + WEEK_MS;
  const step = schedule.every ? schedule.every * 1000 : null;
  const last = known.at(-1) ?? first;
  const further = step ? Array.from({ length: 42 }, (_, index) => new Date(last.getTime() + (index + 1) * step)) : [];
  return [...known, ...further].filter((at) => at.getTime() < until).map((at) => ({ at, often: false }));
}
