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

export function PauseModal({ schedule, opened, onClose }: Props) {
  const act = useScheduleAct(schedule.id);
  const [note, setNote] = useState('');
  return (
    <Modal opened={opened} onClose={onClose} title={`Pause ${schedule.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <TextInput
          label="Why"
          description="Seen by whoever wonders later. A run under way goes on."
          placeholder="The API is being moved until Thursday"
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          data-autofocus
        />
        {act.error ? <ErrorNotice error={act.error} doing="pause the schedule" /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Let it run
          </Button>
          <Button loading={act.isPending} onClick={() => act.mutate({ act: 'pause', note }, { onSuccess: onClose })}>
            Pause the schedule
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
