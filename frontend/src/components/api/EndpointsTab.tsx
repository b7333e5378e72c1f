import { Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { data, listEndpoints } from '@/lib/api/client';
import { keys } from '@/lib/api/keys';
import { searchEndpoints } from '@/lib/connect/endpoints';
import { formatCount } from '@/lib/format';
import { useEndpoints } from '@/lib/hooks/useConnectors';

import { EndpointList } from './EndpointList';

/** What the API says it has, when that was asked, and how to ask again. */
export function EndpointsTab({ connectorId }: { connectorId: string }) {
  const cache = useQueryClient();
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const { data: discovery, error, refetch } = useEndpoints(connectorId);
  const again = useMutation({
    mutationFn: () => data(listEndpoints({ path: { connectorId }, query: { refresh: true } })),
    onSuccess: (found) => cache.setQueryData(keys.connectors.endpoints(connectorId), found),
  });
  if (error !== null) return <ErrorNotice error={error} doing="look for endpoints" onRetry={() => void refetch()} />;
  if (discovery === undefined) return <TableSkeleton label="Asking the API what it offers" />;
  const endpoints = discovery.endpoints ?? [];
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-end">
        <TextInput label="Search endpoints" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        <Button variant="default" loading={again.isPending} onClick={() => again.mutate()}>
          Look again
        </Button>
      </Group>
      {again.error === null ? null : <ErrorNotice error={again.error} doing="look again" />}
      <EndpointList endpoints={searchEndpoints(endpoints, search)} value={chosen} onChange={({ id }) => setChosen(id)} />
      <Text fz="sm" c="dimmed">
        {formatCount(endpoints.length)} endpoints, asked <RelativeTime time={discovery.fetchedAt} />
        {discovery.documentUrl?.startsWith('http') ? (
          <>
            {' '}
            from{' '}
            <Anchor href={discovery.documentUrl} target="_blank" rel="noreferrer" fz="sm">
              {discovery.documentUrl}
            </Anchor>
          </>
        ) : null}
        . {(discovery.notes ?? []).join(' ')}
      </Text>
    </Stack>
  );
}
