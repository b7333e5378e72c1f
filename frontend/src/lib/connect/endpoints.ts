/** Endpoints as choices: search, what choosing one fills in, and how a preview asks for it. */
import type { CheckRequestWritable, Endpoint } from '@/lib/api/client';

import type { ApiType, Reading } from './draft';

/** Every word must be somewhere in the path, the summary or the tags. */
export function searchEndpoints(endpoints: Endpoint[], text: string): Endpoint[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return endpoints;
  return endpoints.filter((each) => {
    const told = `${each.id} ${each.path} ${each.summary ?? ''} ${(each.tags ?? []).join(' ')}`.toLowerCase();
    return words.every((word) => told.includes(word));
  });
}

/** What a reading becomes when an endpoint is chosen; a name for the dataset comes from its last noun. */
export function chosen(endpoint: Endpoint): Partial<Reading> {
  const nouns = endpoint.path.split(/[/?]/).filter((part) => /^[\w.-]+$/.test(part));
  const slots = (endpoint.parameters ?? []).filter(({ location, required }) => location === 'path' || (location === 'query' && required));
  return {
    endpointId: endpoint.id,
    path: '',
    query: endpoint.query ?? '',
    variables: JSON.stringify(endpoint.variables ?? {}, null, 2),
    params: slots.map(({ name, default: usual }) => ({ name, value: typeof usual === 'string' || typeof usual === 'number' ? String(usual) : '' })),
    pagination: 'auto',
    recordPath: '',
    primaryKey: (endpoint.primaryKey ?? []).join(', '),
    writeMode: endpoint.primaryKey?.length ? 'merge' : 'append',
    incremental: endpoint.incremental ?? null,
    dataset: nouns.at(-1) ?? endpoint.id,
  };
}

/** What stays when no found endpoint is meant any more: nothing that came from one. */
export function leftEndpoint({ endpointId }: Reading): Partial<Reading> {
  const own: Partial<Reading> = { endpointId: null, params: [], pagination: 'auto', incremental: null };
  return endpointId === null ? own : { ...own, dataset: '', primaryKey: '', writeMode: 'append', query: '' };
}

/** A path of one's own; the dataset's name follows it for as long as nobody has written another. */
export function ownPath(reading: Reading, path: string): Partial<Reading> {
  const follows = reading.dataset === '' || reading.dataset === lastNoun(reading.path);
  return { path, ...(follows ? { dataset: lastNoun(path) } : {}) };
}

function lastNoun(path: string): string {
  return path.split('?', 1)[0]?.split('/').findLast(Boolean) ?? '';
}

/** The request of a preview: a path with its slots filled and its parameters behind it, or the query. */
export function previewOf(reading: Reading, endpoint: Endpoint | undefined, apiType: ApiType): Partial<CheckRequestWritable> {
  if (apiType === 'graphql') return { query: reading.query, variables: JSON.parse(reading.variables || '{}') };
  const used = new Set<string>();
  const template = endpoint?.path ?? reading.path.trim();
  const path = template.replace(/\{([^{}/]+)\}/g, (slot, name: string) => {
    used.add(name);
    const value = reading.params.find((pair) => pair.name === name)?.value;
    return value === undefined ? slot : encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(endpoint?.params ?? {})) query.set(name, String(value));
  for (const { name, value } of reading.params) if (name && value && !used.has(name)) query.set(name, value);
  const text = query.toString();
  return { path: text ? `${path}${path.includes('?') ? '&' : '?'}${text}` : path };
}
