/** Every connector with its state in words; the newest on top, thousands scroll. */
import { Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';

import { DataTable, type Column } from '@/components/ui/DataTable';
import { EmptyState } from '@/components/ui/EmptyState';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { StatusBadge } from '@/components/ui/StatusBadge';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { TextLink } from '@/components/ui/links';
import type { Connector } from '@/lib/api/client';
import { hostOf } from '@/lib/connect/input';
import { useConnectorList } from '@/lib/hooks/useConnectors';

import { ConnectButton } from './ConnectButton';

const KINDS = { rest: 'REST', graphql: 'GraphQL', webhook: 'Webhook' };
const WAYS = { none: 'No credential', bearer: 'Bearer token', oauth2: 'OAuth 2.0', apikey: 'API key' };

const COLUMNS: Column<Connector>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(180px, 2fr)',
    narrow: 'title',
    render: ({ id, name }) => (
      <TextLink to="/connectors/$connectorId" params={{ connectorId: id }} fw={500} truncate>
        {name}
      </TextLink>
    ),
  },
  { id: 'kind', header: 'Kind', width: '90px', render: ({ apiType }) => KINDS[apiType ?? 'rest'] },
  {
    id: 'address',
    header: 'Address',
    width: 'minmax(160px, 2fr)',
    render: ({ baseUrl, apiType }) => <Text fz="sm" c="dimmed" truncate>{apiType === 'webhook' ? 'receives events' : hostOf(baseUrl ?? '')}</Text>,
  },
  { id: 'auth', header: 'Credential', width: '130px', narrow: 'hide', render: ({ authType, apiType }) => (apiType === 'webhook' ? 'Signature' : WAYS[authType ?? 'none']) },
  { id: 'status', header: 'State', width: '150px', render: ({ status }) => <StatusBadge status={status} /> },
  { id: 'updated', header: 'Changed', width: '110px', narrow: 'hide', render: ({ updatedAt }) => <RelativeTime time={updatedAt} /> },
];

export function ConnectorConfigList() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useConnectorList();
  const connectors = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  if (error !== null) return <ErrorNotice error={error} doing="list the connectors" onRetry={() => void refetch()} />;
  if (data === undefined) return <TableSkeleton label="Loading the connectors" />;
  if (connectors.length === 0) {
    return <EmptyState title="No connectors yet" text="A connector says where an API is and who you are to it." action={<ConnectButton />} />;
  }
  return (
    <DataTable
      label="Connectors"
      columns={COLUMNS}
      rows={connectors}
      rowKey={({ id }) => id}
      onEnd={more}
      foot={isFetchingNextPage ? 'Loading more' : undefined}
    />
  );
}
