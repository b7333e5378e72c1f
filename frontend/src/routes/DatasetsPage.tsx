/** The start page: what there is, how fresh it is, and the way to more. */
import { ConnectButton } from '@/components/api/ConnectButton';
import { DatasetList } from '@/components/datasets/DatasetList';
import { EmptyState } from '@/components/ui/EmptyState';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { PageHeader } from '@/components/ui/PageHeader';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useDatasetLines } from '@/lib/hooks/useDatasets';

export function DatasetsPage() {
  const { lines, error, refetch } = useDatasetLines();
  return (
    <>
      <PageHeader title="Datasets" actions={lines && lines.length > 0 ? <ConnectButton /> : null} />
      {error ? <ErrorNotice error={error} doing="list the datasets" onRetry={() => void refetch()} /> : null}
      {!lines && !error ? <TableSkeleton label="Loading the datasets" /> : null}
      {lines?.length === 0 ? (
        <EmptyState title="No dataset yet" text="Give the address of an API and a credential, and its records become a table that stays up to date." action={<ConnectButton />} />
      ) : null}
      {lines && lines.length > 0 ? <DatasetList lines={lines} /> : null}
    </>
  );
}
