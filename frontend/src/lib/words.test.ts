import { describe, expect, test } from 'vitest';

import { formatBytes, formatDuration, formatRelative } from './format';
import { stateInWords } from './runs';
import { marksOf, rhythmInWords } from './schedules';
import { rateNow, toBands, toBuckets, type Point } from './series';
import { run, schedule } from '@/test/samples';

const at = (seconds: number) => new Date(Date.parse('2026-11-25T12:00:00Z') + seconds * 1000);
const point = (seconds: number, rows: number, retries = 0): Point => ({ time: at(seconds).toISOString(), rows, requests: rows / 100, retries });

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1500, '1.5 kB'],
  [123_456_789, '123 MB'],
])('%d bytes are %s', (bytes, words) => expect(formatBytes(bytes)).toBe(words));

test.each([
  [0.42, '0.4 s'],
  [59.6, '1 min'],
  [125, '2 min 5 s'],
  [7200, '2 h'],
  [180_000, '2 d 2 h'],
])('%d seconds are %s', (seconds, words) => expect(formatDuration(seconds)).toBe(words));

test('times are told from now, in both directions', () => {
  expect(formatRelative(at(0), at(3))).toBe('just now');
  expect(formatRelative(at(0), at(300))).toBe('5 min ago');
  expect(formatRelative(at(7200), at(0))).toBe('in 2 h');
});

describe("a run's state in words", () => {
  test('a wait says until when and that nobody need do anything', () => {
    const words = stateInWords(run({ status: 'throttled', resumeAt: at(300).toISOString() }), at(0));
    expect(words).toMatch(/^Waiting until \d\d:\d\d: the API or its rate limit asked for it\. It goes on by itself\.$/);
  });

  test('a failure says what became of the rows', () => {
    const failed = { status: 'failed', finishedAt: at(40).toISOString() } as const;
    expect(stateInWords(run(failed), at(99))).toBe('Failed after 40 s. Rows up to the last checkpoint are in the dataset.');
    const replaced = run({ ...failed, request: { path: '/x', dataset: { name: 'x', writeMode: 'replace' } } });
    expect(stateInWords(replaced, at(99))).toBe('Failed after 40 s. The dataset is as it was before.');
  });
});

describe('the chart', () => {
  test('rows are spread over the time they took, and none is lost', () => {
    const buckets = toBuckets([point(0, 0), point(10, 1000), point(20, 1000), point(30, 4000)]);
    const width = 1;
    expect(Math.round(buckets.reduce((sum, { rowsPerSecond }) => sum + rowsPerSecond * width, 0))).toBe(4000);
    expect(buckets.length).toBeLessThanOrEqual(91);
  });

  test('silence is a band of waiting, repeated requests are one of retries', () => {
    const points = [point(0, 0), point(1, 10), point(61, 10), point(62, 20, 1), point(63, 30, 2)];
    expect(toBands(points).map(({ kind }) => kind)).toEqual(['waiting', 'retrying']);
  });

  test('the rate of now comes from the last points alone', () => {
    expect(rateNow([point(0, 0)])).toBeNull();
    expect(rateNow([point(0, 0), point(100, 0), point(101, 500)], 2)).toBe(500);
  });
});

test.each([
  [{ every: 900 }, 'every 15 min'],
  [{ every: null, cron: '0 6 * * 1-5', timeZone: 'Europe/Berlin' }, 'weekdays at 06:00 (Europe/Berlin)'],
  [{ every: null, cron: '30 4 * * *', timeZone: 'UTC' }, 'every day at 04:30 (UTC)'],
  [{ every: null, cron: '5,35 */2 * * *', timeZone: 'UTC' }, '5,35 */2 * * * (UTC)'],
])('a rhythm is said in words', (part, words) => expect(rhythmInWords(schedule(part))).toBe(words));

test('what runs every few minutes is one mark of the week, what is paused none', () => {
  const soon = [at(60).toISOString(), at(120).toISOString()];
  expect(marksOf(schedule({ every: 60, nextRuns: soon }), at(0))).toEqual([{ at: at(60), often: true }]);
  expect(marksOf(schedule({ paused: true, nextRuns: soon }), at(0))).toEqual([]);
  const daily = marksOf(schedule({ every: 86_400, nextRuns: [at(3600).toISOString()] }), at(0));
  expect(daily).toHaveLength(7);
});
