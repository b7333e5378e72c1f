import { PageHeader } from '@/components/ui/PageHeader';

export function SchedulesPage() {
  return <PageHeader title="Schedules" />;
}
