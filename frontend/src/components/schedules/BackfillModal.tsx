/** Makes up for the times of a past range, one run after the other. */
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { Schedule } from '@/lib/api/client';
import { useScheduleAct } from '@/lib/hooks/useSchedules';

interface Props {
  schedule: Schedule;
  opened: boolean;
  onClose: () => void;
}

export function BackfillModal({ schedule, opened, onClose }: Props) {
  const act = useScheduleAct(schedule.id);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const wrong = from !== '' && to !== '' && from >= to ? 'The end must be after the beginning.' : null;
  return (
    <Modal opened={opened} onClose={onClose} title={`Make up for missed times of ${schedule.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <TextInput type="datetime-local" label="From" value={from} onChange={(event) => setFrom(event.currentTarget.value)} data-autofocus />
        <TextInput type="datetime-local" label="To" description="In this machine's time zone; it must be past." value={to} error={wrong} onChange={(event) => setTo(event.currentTarget.value)} />
        {act.error ? <ErrorNotice error={act.error} doing="make up for these times" /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            loading={act.isPending}
            disabled={!from || !to || wrong !== null}
            onClick={() => act.mutate({ act: 'backfill', startAt: iso(from), endAt: iso(to) }, { onSuccess: onClose })}
          >
            Start the runs
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** A local time of the form, in UTC. */
function iso(local: string): string {
  return new Date(local).toISOString();
}
