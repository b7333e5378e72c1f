import { PageHeader } from '@/components/ui/PageHeader';

export function DatasetPage() {
  return <PageHeader title="Dataset" />;
}
