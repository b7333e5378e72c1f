/** Runs, newest first, as many as there are: the next page is asked for when the end comes near. */
import { Text } from '@mantine/core';

import { DataTable, type Column } from '@/components/ui/DataTable';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { StatusBadge } from '@/components/ui/StatusBadge';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { TextLink } from '@/components/ui/links';
import type { Run } from '@/lib/api/client';
import { formatCount, formatDuration } from '@/lib/format';
import { useDatasetName } from '@/lib/hooks/useNames';
import { useNow } from '@/lib/hooks/useNow';
import { useRuns, type RunFilter } from '@/lib/hooks/useRuns';
import { placeOf, secondsOf } from '@/lib/runs';
import type { ReactNode } from 'react';

interface Props {
  filter: RunFilter;
  /** Shown when there is none. */
  empty: ReactNode;
  maxHeight?: string;
}

export function RunList({ filter, empty, maxHeight }: Props) {
  const runs = useRuns(filter);
  const datasetName = useDatasetName();
  if (runs.error) return <ErrorNotice error={runs.error} doing="list the runs" onRetry={() => void runs.refetch()} />;
  if (!runs.data) return <TableSkeleton label="Loading the runs" />;
  const rows = runs.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <>{empty}</>;
  return (
    <DataTable
      label="Runs"
      columns={columns(datasetName)}
      rows={rows}
      rowKey={(run) => run.id}
      onEnd={() => {
        if (runs.hasNextPage && !runs.isFetchingNextPage) void runs.fetchNextPage();
      }}
      foot={runs.hasNextPage ? 'Loading older runs' : null}
      maxHeight={maxHeight}
    />
  );
}

function columns(datasetName: (id: string) => string): Column<Run>[] {
  return [
    {
      id: 'dataset',
      header: 'Dataset',
      width: 'minmax(160px, 2fr)',
      narrow: 'title',
      render: (run) => (
        <TextLink to="/runs/$runId" params={{ runId: run.id }} fw={500}>
          {datasetName(run.datasetId)}
        </TextLink>
      ),
    },
    { id: 'status', header: 'State', width: '150px', render: (run) => <StatusBadge status={run.status} /> },
    {
      id: 'path',
      header: 'Source',
      width: 'minmax(120px, 2fr)',
      render: (run) => (
        <Text span c="dimmed" fz="sm" title={placeOf(run)}>
          {placeOf(run)}
        </Text>
      ),
    },
    { id: 'rows', header: 'Rows', width: '110px', align: 'right', render: (run) => formatCount(run.rows ?? 0) },
    { id: 'took', header: 'Took', width: '120px', align: 'right', render: (run) => <Took run={run} /> },
    { id: 'created', header: 'Started', width: '120px', align: 'right', render: (run) => <RelativeTime time={run.createdAt} /> },
  ];
}

function Took({ run }: { run: Run }) {
  const now = useNow();
  return <span className="num">{run.startedAt ? formatDuration(secondsOf(run, now)) : '—'}</span>;
}
