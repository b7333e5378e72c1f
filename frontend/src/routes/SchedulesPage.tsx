/** What runs again and again, and when. */
import { Button, Stack } from '@mantine/core';
import { useState } from 'react';

import { ScheduleForm } from '@/components/schedules/ScheduleForm';
import { ScheduleList } from '@/components/schedules/ScheduleList';
import { WeekAtAGlance } from '@/components/schedules/WeekAtAGlance';
import { EmptyState } from '@/components/ui/EmptyState';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { PageHeader } from '@/components/ui/PageHeader';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useAllSchedules } from '@/lib/hooks/useDatasets';
import { useMay } from '@/lib/hooks/useSession';

export function SchedulesPage() {
  const { data: schedules, error, refetch } = useAllSchedules();
  const [creating, setCreating] = useState(false);
  const button = useMay('editor') ? <Button onClick={() => setCreating(true)}>New schedule</Button> : null;
  return (
    <>
      <PageHeader title="Schedules" actions={schedules && schedules.length > 0 ? button : null} />
      {error ? <ErrorNotice error={error} doing="list the schedules" onRetry={() => void refetch()} /> : null}
      {!schedules && !error ? <TableSkeleton label="Loading the schedules" rows={5} /> : null}
      {schedules?.length === 0 ? (
        <EmptyState title="Nothing is scheduled" text="A schedule fetches again and again, every few minutes or at times of the week, so that a dataset stays up to date." action={button} />
      ) : null}
      {schedules && schedules.length > 0 ? (
        <Stack gap="lg">
          <WeekAtAGlance schedules={schedules} />
          <ScheduleList schedules={schedules} />
        </Stack>
      ) : null}
      <ScheduleForm opened={creating} onClose={() => setCreating(false)} />
    </>
  );
}
