import { PageHeader } from '@/components/ui/PageHeader';

export function ConnectorsPage() {
  return <PageHeader title="Connectors" />;
}
