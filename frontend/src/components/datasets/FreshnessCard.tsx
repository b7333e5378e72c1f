/** The promise that a dataset never gets older than so long; who breaks it is told of. */
import { Button, Group, NumberInput, Paper, Select, Text, Title } from '@mantine/core';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { Dataset } from '@/lib/api/client';
import { useUpdateDataset } from '@/lib/hooks/useDatasets';

import { Freshness } from './Freshness';

const SECONDS = { minutes: 60, hours: 3_600, days: 86_400 } as const;
type Unit = keyof typeof SECONDS;

export function FreshnessCard({ dataset, disabled }: { dataset: Dataset; disabled: boolean }) {
  const promised = dataset.freshness?.maxAge;
  const known = split(promised ?? SECONDS.days);
  const [amount, setAmount] = useState<number | string>(known.amount);
  const [unit, setUnit] = useState<Unit>(known.unit);
  const update = useUpdateDataset(dataset.id);
  const seconds = Number(amount) * SECONDS[unit];
  return (
    <Paper withBorder p="md">
      <Title order={2} mb={4}>
        Freshness
      </Title>
      <Text fz="sm" c="dimmed" mb="sm">
        A promise that a sync has succeeded within this time. When it is broken, and when it is kept again, the list shows it, an event tells of it, and the
        outgoing webhook is called.
      </Text>
      {promised === undefined ? null : <Freshness dataset={dataset} />}
      <Group align="flex-end" mt="sm" wrap="nowrap">
        <NumberInput label="Not older than" min={1} value={amount} disabled={disabled} onChange={setAmount} />
        <Select
          aria-label="Unit"
          data={Object.keys(SECONDS)}
          allowDeselect={false}
          value={unit}
          disabled={disabled}
          onChange={(value) => setUnit((value ?? 'hours') as Unit)}
        />
      </Group>
      {update.error ? <ErrorNotice error={update.error} doing="keep the promise" mt="sm" /> : null}
      <Group justify="flex-end" mt="md">
        {promised === undefined ? null : (
          <Button variant="default" disabled={disabled} onClick={() => update.mutate({ freshness: null })}>
            Take the promise back
          </Button>
        )}
        <Button disabled={disabled || !(seconds > 0) || seconds === promised} loading={update.isPending} onClick={() => update.mutate({ freshness: seconds })}>
          Promise it
        </Button>
      </Group>
    </Paper>
  );
}

/** Seconds in the largest unit that holds them whole. */
function split(seconds: number): { amount: number; unit: Unit } {
  const unit: Unit = seconds % SECONDS.days === 0 ? 'days' : seconds % SECONDS.hours === 0 ? 'hours' : 'minutes';
  return { amount: seconds / SECONDS[unit], unit };
}
