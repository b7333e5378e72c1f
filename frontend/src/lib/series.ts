/** From a run's counters over time to what its chart shows. */

export interface Point {
  time: string;
  rows: number;
  requests: number;
  retries: number;
}

export interface Bucket {
  /** Milliseconds since 1970, the end of the bucket. */
  at: number;
  rowsPerSecond: number;
  requestsPerSecond: number;
}

export interface Band {
  from: number;
  to: number;
  kind: 'waiting' | 'retrying';
}

const BUCKETS = 90;
const SILENCE_MS = 6000;

/** Rates in at most 90 equal buckets; a bucket's rows are spread over the time they took to arrive. */
export function toBuckets(points: Point[]): Bucket[] {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return [];
  const start = Date.parse(first.time);
  const width = Math.max((Date.parse(last.time) - start) / BUCKETS, 1000);
  const count = Math.max(Math.ceil((Date.parse(last.time) - start) / width), 1);
  const sums = Array.from({ length: count }, () => ({ rows: 0, requests: 0 }));
  for (const [before, after] of pairs(points)) {
    spread(sums, before, after, start, width);
  }
  return sums.map(({ rows, requests }, index) => ({
    at: start + (index + 1) * width,
    rowsPerSecond: (rows * 1000) / width,
    requestsPerSecond: (requests * 1000) / width,
  }));
}

function spread(sums: { rows: number; requests: number }[], before: Point, after: Point, start: number, width: number): void {
  const [from, to] = [Date.parse(before.time) - start, Date.parse(after.time) - start];
  const length = Math.max(to - from, 1);
  const [first, last] = [Math.floor(from / width), Math.min(Math.floor(to / width), sums.length - 1)];
  for (let index = first; index <= last; index += 1) {
    const bucket = sums[index];
    const share = Math.max(Math.min(to, (index + 1) * width) - Math.max(from, index * width), 0) / length;
    if (bucket === undefined) continue;
    bucket.rows += Math.max(after.rows - before.rows, 0) * share;
    bucket.requests += Math.max(after.requests - before.requests, 0) * share;
  }
}

/** When nothing came for a while (waiting), and when requests had to be repeated (retrying). */
export function toBands(points: Point[]): Band[] {
  const bands: Band[] = [];
  for (const [before, after] of pairs(points)) {
    const [from, to] = [Date.parse(before.time), Date.parse(after.time)];
    if (to - from > SILENCE_MS) bands.push({ from, to, kind: 'waiting' });
    else if (after.retries > before.retries) bands.push({ from, to, kind: 'retrying' });
  }
  return joined(bands);
}

/** Rows a second over the last few points; null until there are two. */
export function rateNow(points: Point[], last = 12): number | null {
  const [from, to] = [points.at(-Math.min(last, points.length)), points.at(-1)];
  if (from === undefined || to === undefined || from === to) return null;
  const seconds = (Date.parse(to.time) - Date.parse(from.time)) / 1000;
  return seconds > 0 ? Math.max(to.rows - from.rows, 0) / seconds : null;
}

function pairs(points: Point[]): [Point, Point][] {
  return points.slice(1).map((after, index) => [points[index] ?? after, after]);
}

function joined(bands: Band[]): Band[] {
  const result: Band[] = [];
  for (const band of bands) {
    const previous = result.at(-1);
    if (previous?.kind === band.kind && band.from - previous.to < SILENCE_MS) previous.to = band.to;
    else result.push({ ...band });
  }
  return result;
}
