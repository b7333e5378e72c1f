/** Run now, pause with a note, resume, make up for missed times, delete. */
import { ActionIcon, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';

import { ConfirmModal } from '@/components/ui/ConfirmModal';
import type { Schedule } from '@/lib/api/client';
import { ApiError } from '@/lib/api/problem';
import { useScheduleAct, type ScheduleAct } from '@/lib/hooks/useSchedules';
import { useMay } from '@/lib/hooks/useSession';

import { BackfillModal } from './BackfillModal';
import { PauseModal } from './PauseModal';

export function ScheduleMenu({ schedule }: { schedule: Schedule }) {
  const act = useScheduleAct(schedule.id);
  const [asking, setAsking] = useState<'pause' | 'backfill' | 'delete' | null>(null);
  const editor = useMay('editor');
  const admin = useMay('admin');
  const close = () => setAsking(null);
  const now = (order: ScheduleAct, done: string) =>
    act.mutate(order, {
      onSuccess: () => notifications.show({ message: done }),
      onError: (error) => notifications.show({ color: 'red', title: 'It did not work', message: error instanceof ApiError ? error.message : 'Try again.' }),
    });
  if (!editor) return null;
  return (
    <>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Acts on ${schedule.name}`}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => now({ act: 'trigger' }, `A run of ${schedule.name} was started.`)}>Run now</Menu.Item>
          {schedule.paused ? (
            <Menu.Item onClick={() => now({ act: 'resume' }, `${schedule.name} goes on with its next time.`)}>Resume</Menu.Item>
          ) : (
            <Menu.Item onClick={() => setAsking('pause')}>Pause</Menu.Item>
          )}
          <Menu.Item onClick={() => setAsking('backfill')}>Make up for missed times</Menu.Item>
          {admin ? <Menu.Divider /> : null}
          {admin ? <Menu.Item onClick={() => setAsking('delete')}>Delete</Menu.Item> : null}
        </Menu.Dropdown>
      </Menu>
      <PauseModal schedule={schedule} opened={asking === 'pause'} onClose={close} />
      <BackfillModal schedule={schedule} opened={asking === 'backfill'} onClose={close} />
      <ConfirmModal opened={asking === 'delete'} onClose={close} title={`Delete ${schedule.name}`} act="Delete the schedule" onConfirm={() => act.mutateAsync({ act: 'delete' }).then(close)}>
        What goes: the schedule and its next runs. What stays: its past runs, their dataset with all rows, and the connector.
      </ConfirmModal>
    </>
  );
}
