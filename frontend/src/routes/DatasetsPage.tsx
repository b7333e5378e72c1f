import { PageHeader } from '@/components/ui/PageHeader';

export function DatasetsPage() {
  return <PageHeader title="Datasets" />;
}
