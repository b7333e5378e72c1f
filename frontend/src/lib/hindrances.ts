/** What held a run up: its failed requests, those of one kind in a row told as one. */
import type { RequestLogEntry } from '@/lib/api/client';

export interface Hindrance {
  words: string;
  times: number;
  first: string;
  last: string;
}

/** `failed` is the log of failed requests, newest first; the answer goes forward in time. */
export function toHindrances(failed: RequestLogEntry[]): Hindrance[] {
  const found: Hindrance[] = [];
  for (const entry of failed.toReversed()) {
    const words = inWords(entry);
    const last = found.at(-1);
    if (last?.words === words) {
      last.times += 1;
      last.last = entry.time;
    } else {
      found.push({ words, times: 1, first: entry.time, last: entry.time });
    }
  }
  return found;
}

function inWords({ status, error }: RequestLogEntry): string {
  if (!status) return error === 'timeout' ? 'No answer in time' : 'No answer';
  if (status < 400) return 'An answer that could not be read';
  if (status === 401) return 'Credential refused (401)';
  if (status === 429 || error === 'rate_limited') return `Asked to slow down (${status})`;
  return status >= 500 ? `The API failed (${status})` : `Refused (${status})`;
}
