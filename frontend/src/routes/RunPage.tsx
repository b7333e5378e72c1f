import { PageHeader } from '@/components/ui/PageHeader';

export function RunPage() {
  return <PageHeader title="Run" />;
}
