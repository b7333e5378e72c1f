/** Every page of a list, for lists that people keep short: connectors, datasets, schedules. */
import { data } from './client';

const PAGE = 200;
const MOST_PAGES = 25;

interface Slice<T> {
  items: T[];
  nextCursor?: string | null;
}
type List<T> = (options: { query: { limit: number; cursor?: string } }) => Promise<{ data: Slice<T> }>;

export async function all<T>(list: List<T>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const slice = await data(list({ query: { limit: PAGE, ...(cursor ? { cursor } : {}) } }));
    found.push(...slice.items);
    if (!slice.nextCursor) return found;
    cursor = slice.nextCursor;
  }
  return found;
}
