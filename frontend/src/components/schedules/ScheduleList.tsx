/** Each schedule: what it fetches, when it comes next, how the last run went, and what may be asked of it. */
import { Group, Text } from '@mantine/core';

import { DataTable, type Column } from '@/components/ui/DataTable';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { StatusBadge } from '@/components/ui/StatusBadge';
import { TextLink } from '@/components/ui/links';
import type { Schedule } from '@/lib/api/client';
import { useConnectorName } from '@/lib/hooks/useNames';
import { rhythmInWords } from '@/lib/schedules';

import { ScheduleMenu } from './ScheduleMenu';

export function ScheduleList({ schedules }: { schedules: Schedule[] }) {
  const connectorName = useConnectorName();
  return <DataTable label="Schedules" columns={columns(connectorName)} rows={schedules} rowKey={({ id }) => id} maxHeight="none" />;
}

function columns(connectorName: (id: string) => string): Column<Schedule>[] {
  return [
    { id: 'name', header: 'Name', width: 'minmax(160px, 2fr)', narrow: 'title', render: (schedule) => <Text span fw={500} fz="inherit" title={schedule.note ?? undefined}>{schedule.name}</Text> },
    {
      id: 'what',
      header: 'From',
      width: 'minmax(140px, 1.6fr)',
      render: (schedule) => (
        <TextLink to="/connectors/$connectorId" params={{ connectorId: schedule.connectorId }}>
          {connectorName(schedule.connectorId)}
        </TextLink>
      ),
    },
    { id: 'rhythm', header: 'When', width: 'minmax(150px, 1.6fr)', render: (schedule) => <span title={schedule.cron ?? undefined}>{rhythmInWords(schedule)}</span> },
    { id: 'next', header: 'Next run', width: '130px', render: (schedule) => <Next schedule={schedule} /> },
    { id: 'last', header: 'Last run', width: '150px', render: (schedule) => <Last schedule={schedule} /> },
    { id: 'acts', header: 'Acts', width: '70px', align: 'right', render: (schedule) => <ScheduleMenu schedule={schedule} /> },
  ];
}

function Next({ schedule }: { schedule: Schedule }) {
  if (!schedule.paused) return <RelativeTime time={schedule.nextRuns[0]} none="none" />;
  return (
    <Group gap={4} wrap="nowrap" title={schedule.note ?? undefined}>
      <StatusBadge status="paused" />
    </Group>
  );
}

function Last({ schedule }: { schedule: Schedule }) {
  const last = schedule.recentRuns[0];
  if (last === undefined) return <Text span c="dimmed" fz="sm">none yet</Text>;
  return (
    <TextLink to="/runs/$runId" params={{ runId: last.id }} underline="never">
      <StatusBadge status={last.status} />
    </TextLink>
  );
}
