/** One dataset: its rows first, then everything about them. */
import { Tabs, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';

import { ColumnsTab } from '@/components/datasets/ColumnsTab';
import { RowsTab } from '@/components/datasets/RowsTab';
import { SettingsTab } from '@/components/datasets/SettingsTab';
import { UseTab } from '@/components/datasets/UseTab';
import { VersionsTab } from '@/components/datasets/VersionsTab';
import { RunList } from '@/components/runs/RunList';
import { EmptyState } from '@/components/ui/EmptyState';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { PageHeader } from '@/components/ui/PageHeader';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { TextLink } from '@/components/ui/links';
import type { Dataset } from '@/lib/api/client';
import { blocks } from '@/lib/api/problem';
import { formatBytes, formatCount } from '@/lib/format';
import { useDataset } from '@/lib/hooks/useDatasets';
import { useConnectorName } from '@/lib/hooks/useNames';

const route = getRouteApi('/datasets/$datasetId');

const TABS = {
  rows: ['Rows', (dataset: Dataset) => <RowsTab dataset={dataset} />],
  columns: ['Columns', (dataset: Dataset) => <ColumnsTab dataset={dataset} />],
  versions: ['Versions', (dataset: Dataset) => <VersionsTab dataset={dataset} />],
  runs: ['Runs', (dataset: Dataset) => <DatasetRuns dataset={dataset} />],
  use: ['Use it', (dataset: Dataset) => <UseTab dataset={dataset} />],
  settings: ['Settings', (dataset: Dataset) => <SettingsTab dataset={dataset} />],
} as const;

export function DatasetPage() {
  const { datasetId } = route.useParams();
  const { tab = 'rows' } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: dataset, error, refetch } = useDataset(datasetId);
  if (blocks(error, dataset)) {
    return (
      <>
        <PageHeader title="Dataset" above={<TextLink to="/">Datasets</TextLink>} />
        <ErrorNotice error={error} doing="open the dataset" onRetry={() => void refetch()} />
      </>
    );
  }
  if (!dataset) return <TableSkeleton label="Loading the dataset" />;
  const open = tab in TABS ? (tab as keyof typeof TABS) : 'rows';
  return (
    <>
      <PageHeader title={dataset.name} above={<TextLink to="/">Datasets</TextLink>} text={<Summary dataset={dataset} />} />
      <Tabs value={open} onChange={(value) => void navigate({ search: { tab: value ?? undefined }, replace: true })} keepMounted={false}>
        <Tabs.List mb="md" style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}>
          {Object.entries(TABS).map(([name, [label]]) => (
            <Tabs.Tab key={name} value={name}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {Object.entries(TABS).map(([name, [, draw]]) => (
          <Tabs.Panel key={name} value={name}>
            {draw(dataset)}
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}

function Summary({ dataset }: { dataset: Dataset }) {
  const connectorName = useConnectorName();
  return (
    <Text span fz="sm" className="num">
      {formatCount(dataset.rowCount ?? 0)} rows · {formatBytes(dataset.bytes ?? 0)} · updated <RelativeTime time={dataset.updatedAt} />
      {dataset.connectorId ? (
        <>
          {' · from '}
          <TextLink to="/connectors/$connectorId" params={{ connectorId: dataset.connectorId }}>
            {connectorName(dataset.connectorId)}
          </TextLink>
        </>
      ) : null}
    </Text>
  );
}

function DatasetRuns({ dataset }: { dataset: Dataset }) {
  return (
    <RunList filter={{ datasetId: dataset.id }} maxHeight="calc(100dvh - 270px)" empty={<EmptyState title="No run yet" text="A run appears here as soon as something is fetched into this dataset." />} />
  );
}
