/** The rows themselves: types in the header, nulls visible, nested values as JSON. */
import { Text } from '@mantine/core';

import { DataTable, type Column } from '@/components/ui/DataTable';
import { EmptyState } from '@/components/ui/EmptyState';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import type { Dataset } from '@/lib/api/client';
import { formatCount } from '@/lib/format';
import { useDatasetRows } from '@/lib/hooks/useDatasets';

import { Value } from './Value';

interface Line {
  index: number;
  row: Record<string, unknown>;
}

const NUMBERS = /^(long|integer|short|byte|float|double|decimal)/;

export function RowsTab({ dataset }: { dataset: Dataset }) {
  const rows = useDatasetRows(dataset.id, dataset.version ?? null);
  if (rows.error) return <ErrorNotice error={rows.error} doing="read the rows" onRetry={() => void rows.refetch()} />;
  if (!rows.data) return <TableSkeleton label="Loading the rows" />;
  const lines = rows.data.pages.flatMap((page) => page.rows.map((row, index): Line => ({ index: page.offset + index, row })));
  if (lines.length === 0) {
    return <EmptyState title="No rows yet" text="The first rows are here a few seconds after the first run has fetched them." />;
  }
  const columns = rows.data.pages[0]?.columns ?? [];
  return (
    <>
      <DataTable
        label={`Rows of ${dataset.name}`}
        wide
        columns={columns.map(({ name, type }) => columnOf(name, type))}
        rows={lines}
        rowKey={({ index }) => String(index)}
        onEnd={() => {
          if (rows.hasNextPage && !rows.isFetchingNextPage) void rows.fetchNextPage();
        }}
        maxHeight="calc(100dvh - 290px)"
      />
      <Text fz="xs" c="dimmed" mt={6} className="num">
        {formatCount(lines.length)} of {formatCount(dataset.rowCount ?? 0)} rows loaded
      </Text>
    </>
  );
}

function columnOf(name: string, type: string): Column<Line> {
  return {
    id: name,
    header: name,
    note: type,
    width: NUMBERS.test(type) ? '120px' : '190px',
    align: NUMBERS.test(type) ? 'right' : undefined,
    render: ({ row }) => <Value value={row[name]} />,
  };
}
