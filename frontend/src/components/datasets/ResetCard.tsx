/** Reading everything anew with the next sync, or from a value on. */
import { Button, Group, Paper, SegmentedControl, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';

import { ConfirmModal } from '@/components/ui/ConfirmModal';
import type { Dataset } from '@/lib/api/client';
import { useResetDataset } from '@/lib/hooks/useDatasets';

export function ResetCard({ dataset, disabled }: { dataset: Dataset; disabled: boolean }) {
  const reset = useResetDataset(dataset.id);
  const [how, setHow] = useState<'nothing' | 'value'>('nothing');
  const [value, setValue] = useState('');
  const [asking, setAsking] = useState(false);
  const from = how === 'value' ? value.trim() : '';
  return (
    <Paper withBorder p="md">
      <Title order={2} mb={4}>
        Start over
      </Title>
      <Text fz="sm" c="dimmed" mb="sm">
        {dataset.reset
          ? `The next sync starts over${dataset.reset.from ? ` from ${dataset.reset.from}` : ''}.`
          : 'Lets the next sync read again what is here already, such as after a repair at the source.'}
      </Text>
      <SegmentedControl
        aria-label="Where to start"
        value={how}
        disabled={disabled}
        onChange={(chosen) => setHow(chosen as typeof how)}
        data={[
          { value: 'nothing', label: 'From nothing' },
          { value: 'value', label: 'From a value' },
        ]}
      />
      {how === 'value' ? (
        <TextInput
          mt="sm"
          label="Start"
          description="As the API's own parameter takes it, such as 2026-01-31T00:00:00Z."
          value={value}
          disabled={disabled}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
      ) : null}
      <Group justify="flex-end" mt="md">
        <Button variant="default" c="var(--mantine-color-error)" disabled={disabled || (how === 'value' && from === '')} onClick={() => setAsking(true)}>
          Start over
        </Button>
      </Group>
      <ConfirmModal
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Start ${dataset.name} over`}
        act="Start over"
        keep="Leave it"
        onConfirm={async () => {
          await reset.mutateAsync(from === '' ? {} : { from });
          notifications.show({ message: 'The next sync starts over.' });
          setAsking(false);
        }}
      >
        {from === ''
          ? 'The next sync reads everything. Its rows take the place of all that are here once it has succeeded; until then these are served. Older versions stay until they are cleaned up.'
          : `The next sync reads from ${from} on. The rows stay, and what is read again is merged over them by the primary key.`}
      </ConfirmModal>
    </Paper>
  );
}
