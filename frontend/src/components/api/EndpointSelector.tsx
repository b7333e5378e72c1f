/** Search over what the API says it has, thousands of endpoints long; or a path, or a query, of one's own. */
import { SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { chosen, leftEndpoint, ownPath, searchEndpoints } from '@/lib/connect/endpoints';
import { formatCount } from '@/lib/format';
import { useEndpoints } from '@/lib/hooks/useConnectors';
import { useConnectorsStore } from '@/stores/connectors.store';

import { EndpointList } from './EndpointList';
import { QueryEditor } from './QueryEditor';

export function EndpointSelector() {
  const { draft, reading, read } = useConnectorsStore();
  const graphql = draft.apiType === 'graphql';
  const own = reading.endpointId === null && (reading.path !== '' || reading.query !== '');
  const [mode, setMode] = useState<'found' | 'own'>(own ? 'own' : 'found');

  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="What to read"
        value={mode}
        onChange={(value) => {
          setMode(value as 'found' | 'own');
          if (value === 'own') read(leftEndpoint(reading));
        }}
        data={[
          { value: 'found', label: 'Found endpoints' },
          { value: 'own', label: graphql ? 'Own query' : 'Own path' },
        ]}
      />
      {mode === 'found' ? <FoundEndpoints /> : null}
      {mode === 'own' && !graphql ? (
        <TextInput
          label="Path"
          description="Below the base URL."
          placeholder="/orders"
          value={reading.path}
          onChange={(event) => read(ownPath(reading, event.currentTarget.value))}
        />
      ) : null}
      {graphql && (mode === 'own' || reading.query) ? <QueryEditor /> : null}
    </Stack>
  );
}

function FoundEndpoints() {
  const { reading, savedId, read } = useConnectorsStore();
  const [search, setSearch] = useState('');
  const { data: discovery, error, refetch } = useEndpoints(savedId);
  const endpoints = discovery?.endpoints ?? [];
  return (
    <>
      <TextInput label="Search endpoints" placeholder="orders" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
      {error === null ? null : <ErrorNotice error={error} doing="look for endpoints" onRetry={() => void refetch()} />}
      {discovery === undefined && error === null ? <TableSkeleton label="Asking the API what it offers" rows={5} /> : null}
      {discovery === undefined ? null : (
        <>
          <EndpointList endpoints={searchEndpoints(endpoints, search)} value={reading.endpointId} onChange={(endpoint) => read(chosen(endpoint))} />
          <Text fz="sm" c="dimmed">
            {sourceWords(discovery.source, endpoints.length)} {(discovery.notes ?? []).join(' ')}
          </Text>
        </>
      )}
    </>
  );
}

const SOURCES: Record<string, string> = {
  preset: 'from its preset',
  openapi: 'from its OpenAPI document',
  oidc: 'from its OpenID configuration',
  graphql: 'from its schema',
  probe: 'from links in its answers',
};

function sourceWords(source: string, count: number): string {
  if (count === 0) return 'The API does not say what it has. Enter a path of your own.';
  return `${formatCount(count)} endpoints, ${SOURCES[source] ?? source}.`;
}
