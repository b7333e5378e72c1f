import { Stack, Textarea } from '@mantine/core';

import { useConnectorsStore } from '@/stores/connectors.store';

/** A GraphQL query and its variables; judged by the server before it leaves. */
export function QueryEditor() {
  const { reading, read } = useConnectorsStore();
  return (
    <Stack gap="sm">
      <Textarea
        label="Query"
        description="A query alone: mutations are refused. A connection is read page by page."
        placeholder={'query ($first: Int, $after: String) {\n  orders(first: $first, after: $after) {\n    nodes { id }\n    pageInfo { hasNextPage endCursor }\n  }\n}'}
        autosize
        minRows={8}
        maxRows={20}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        value={reading.query}
        onChange={(event) => read({ query: event.currentTarget.value, endpointId: null, dataset: reading.dataset || 'query' })}
      />
      <Textarea
        label="Variables"
        description="JSON"
        autosize
        minRows={2}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        value={reading.variables}
        error={isJson(reading.variables) ? null : 'This is no JSON object.'}
        onChange={(event) => read({ variables: event.currentTarget.value })}
      />
    </Stack>
  );
}

export function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text || '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
