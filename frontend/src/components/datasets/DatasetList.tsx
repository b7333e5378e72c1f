/** The datasets as a table that can be searched and sorted. */
import { Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';

import { DataTable, type Column, type Sort } from '@/components/ui/DataTable';
import { StatusBadge } from '@/components/ui/StatusBadge';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { TextLink } from '@/components/ui/links';
import { formatBytes, formatCount } from '@/lib/format';
import type { Run } from '@/lib/api/client';
import type { DatasetLine } from '@/lib/hooks/useDatasets';

import { Freshness } from './Freshness';

export function DatasetList({ lines }: { lines: DatasetLine[] }) {
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<Sort>({ by: 'updated', down: true });
  const shown = sorted(found(lines, search), sort);
  return (
    <>
      <TextInput
        aria-label="Search the datasets"
        placeholder="Search by name or source"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        maw={340}
        mb="sm"
      />
      {shown.length === 0 ? (
        <Text c="dimmed" py="lg">
          No dataset has “{search}” in its name or source.
        </Text>
      ) : (
        <DataTable label="Datasets" columns={COLUMNS} rows={shown} rowKey={({ dataset }) => dataset.id} sort={sort} onSort={setSort} maxHeight="calc(100dvh - 230px)" />
      )}
    </>
  );
}

const COLUMNS: Column<DatasetLine>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(180px, 2fr)',
    sortable: true,
    narrow: 'title',
    render: ({ dataset }) => (
      <TextLink to="/datasets/$datasetId" params={{ datasetId: dataset.id }} fw={500}>
        {dataset.name}
      </TextLink>
    ),
  },
  { id: 'source', header: 'Source', width: 'minmax(130px, 1.4fr)', sortable: true, render: ({ source }) => source },
  { id: 'rows', header: 'Rows', width: '120px', align: 'right', sortable: true, render: ({ dataset }) => formatCount(dataset.rowCount ?? 0) },
  { id: 'size', header: 'Size', width: '100px', align: 'right', sortable: true, narrow: 'hide', render: ({ dataset }) => formatBytes(dataset.bytes ?? 0) },
  { id: 'last', header: 'Last run', width: '150px', render: ({ lastRun }) => <LastRun run={lastRun} /> },
  { id: 'updated', header: 'Freshness', width: '150px', sortable: true, render: ({ dataset }) => <Freshness dataset={dataset} /> },
  { id: 'next', header: 'Next run', width: '125px', align: 'right', sortable: true, render: ({ nextRun }) => <RelativeTime time={nextRun} none="not scheduled" /> },
];

function LastRun({ run }: { run: Run | undefined }) {
  if (run === undefined) return <>—</>;
  return (
    <TextLink to="/runs/$runId" params={{ runId: run.id }} underline="never">
      <StatusBadge status={run.status} />
    </TextLink>
  );
}

function found(lines: DatasetLine[], search: string): DatasetLine[] {
  const wanted = search.trim().toLowerCase();
  return lines.filter(({ dataset, source }) => `${dataset.name} ${source}`.toLowerCase().includes(wanted));
}

const BY: Record<string, (line: DatasetLine) => string | number> = {
  name: ({ dataset }) => dataset.name.toLowerCase(),
  source: ({ source }) => source.toLowerCase(),
  rows: ({ dataset }) => dataset.rowCount ?? 0,
  size: ({ dataset }) => dataset.bytes ?? 0,
  updated: ({ dataset }) => Date.parse(dataset.refreshedAt ?? dataset.updatedAt),
  next: ({ nextRun }) => (nextRun ? Date.parse(nextRun) : Number.MAX_SAFE_INTEGER),
};

export function sorted(lines: DatasetLine[], { by, down }: Sort): DatasetLine[] {
  const value = BY[by] ?? (() => 0);
  const order = (a: DatasetLine, b: DatasetLine) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
  return down ? lines.toSorted((a, b) => order(b, a)) : lines.toSorted(order);
}
