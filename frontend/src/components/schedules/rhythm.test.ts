import { expect, test } from 'vitest';

import { nextTimes, RHYTHM_DEFAULTS } from './rhythm';

test('a day of the month and a weekday must both fit, as for the engine', () => {
  const values = { ...RHYTHM_DEFAULTS, kind: 'cron' as const, cron: '0 6 1-7 * 1', timeZone: 'UTC' };
  const times = nextTimes(values, new Date('2026-11-28T00:00:00Z'));
  expect(times?.map((time) => time.toISOString().slice(0, 10))).toEqual(['2026-12-07', '2027-01-04', '2027-02-01', '2027-03-01', '2027-04-05']);
});

test('an interval beyond a year never comes, however long it is', () => {
  expect(nextTimes({ ...RHYTHM_DEFAULTS, amount: 999_999_999_999, unit: 'days' }, new Date())).toEqual([]);
});
