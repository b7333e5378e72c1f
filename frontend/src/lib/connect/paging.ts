/** Pagination in words and as choices. */
import type { Pagination } from './draft';

const WORDS: Record<Pagination['type'], string> = {
  none: 'nothing: one page',
  link_header: 'the Link header',
  next_url: 'the next page’s address in the answer',
  cursor: 'a cursor',
  offset: 'offset and limit',
  page_number: 'page numbers',
  keyset: 'the last record’s value',
  relay: 'a GraphQL connection',
};

export function pagingWords(pagination: Pagination): string {
  return WORDS[pagination.type];
}

export const PAGINGS: { value: 'auto' | Pagination['type']; label: string }[] = [
  { value: 'auto', label: 'Found by itself' },
  ...(Object.keys(WORDS) as Pagination['type'][]).map((value) => ({ value, label: `By ${WORDS[value]}` })),
];

interface FieldOf {
  name: string;
  label: string;
  number?: boolean;
  placeholder: string;
}

/** What each style must or may be told. */
export const PAGING_FIELDS: Record<Pagination['type'], FieldOf[]> = {
  none: [],
  link_header: [],
  next_url: [{ name: 'nextPath', label: 'Where the address is', placeholder: '$.next' }],
  cursor: [
    { name: 'cursorPath', label: 'Where the cursor is', placeholder: '$.next_cursor' },
    { name: 'cursorParam', label: 'Parameter it goes into', placeholder: 'cursor' },
  ],
  offset: [
    { name: 'offsetParam', label: 'Offset parameter', placeholder: 'offset' },
    { name: 'limitParam', label: 'Limit parameter', placeholder: 'limit' },
    { name: 'limit', label: 'Records a page', number: true, placeholder: '100' },
    { name: 'totalPath', label: 'Where the total is', placeholder: '$.total' },
  ],
  page_number: [
    { name: 'pageParam', label: 'Page parameter', placeholder: 'page' },
    { name: 'start', label: 'First page', number: true, placeholder: '1' },
    { name: 'sizeParam', label: 'Size parameter', placeholder: 'per_page' },
    { name: 'size', label: 'Records a page', number: true, placeholder: '100' },
  ],
  keyset: [
    { name: 'field', label: 'Field of the last record', placeholder: 'id' },
    { name: 'param', label: 'Parameter it goes into', placeholder: 'starting_after' },
  ],
  relay: [{ name: 'first', label: 'Records a page', number: true, placeholder: '100' }],
};
