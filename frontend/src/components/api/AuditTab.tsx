/** What was done with this connector and its tokens, by whom; admins read it. */
import { Code, Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';

import { DataTable, type Column } from '@/components/ui/DataTable';
import { EmptyState } from '@/components/ui/EmptyState';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import type { AuditEntry } from '@/lib/api/client';
import { useAudit } from '@/lib/hooks/useConnectors';
import { useMay } from '@/lib/hooks/useSession';

const COLUMNS: Column<AuditEntry>[] = [
  { id: 'action', header: 'Act', width: 'minmax(160px, 1fr)', narrow: 'title', render: ({ action }) => <Code>{action}</Code> },
  { id: 'outcome', header: 'Outcome', width: '110px', render: ({ outcome }) => outcome },
  { id: 'actor', header: 'By', width: 'minmax(120px, 1fr)', render: ({ actor }) => <Text fz="sm" truncate>{actor}</Text> },
  {
    id: 'detail',
    header: 'Detail',
    width: 'minmax(160px, 2fr)',
    render: ({ detail }) => (
      <Text fz="sm" c="dimmed" truncate>
        {Object.entries(detail)
          .filter(([, value]) => value !== '')
          .map(([name, value]) => `${name} ${value}`)
          .join(' · ')}
      </Text>
    ),
  },
  { id: 'time', header: 'When', width: '110px', render: ({ time }) => <RelativeTime time={time} /> },
];

export function AuditTab({ connectorId }: { connectorId: string }) {
  const admin = useMay('admin');
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useAudit(connectorId, admin);
  const entries = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (!admin) return <EmptyState title="The audit is for admins" text="Ask somebody with the role admin to look something up." />;
  if (error !== null) return <ErrorNotice error={error} doing="read the audit" onRetry={() => void refetch()} />;
  if (data === undefined) return <TableSkeleton label="Loading the audit" />;
  return <DataTable label="Audit" columns={COLUMNS} rows={entries} rowKey={({ seq }) => String(seq)} onEnd={more} maxHeight="60dvh" />;
}
