/** The dataset: its name, how new rows meet old ones, and how often it is brought up to date. */
import { Alert, Select, SegmentedControl, Stack, Switch, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { WriteMode } from '@/lib/connect/draft';
import { toFetch, toSchedule } from '@/lib/connect/input';
import { useStartReading } from '@/lib/hooks/useConnectors';
import { useConnectorsStore } from '@/stores/connectors.store';

import { Halves } from './Halves';
import { StepButtons } from './StepButtons';

const MODES: { value: WriteMode; label: string; text: string }[] = [
  { value: 'merge', label: 'Merge', text: 'A record with a known key takes the place of the old one; others are added.' },
  { value: 'append', label: 'Append', text: 'Every sync adds its rows behind those that are there.' },
  { value: 'replace', label: 'Replace', text: 'Each sync’s rows take the place of all before, in one step; readers never see half of it.' },
];
const RHYTHMS = [
  { value: '', label: 'Only now' },
  { value: '15m', label: 'Every 15 minutes' },
  { value: '1h', label: 'Every hour' },
  { value: '1d', label: 'Every day' },
  { value: '7d', label: 'Every week' },
];

export function KeepStep() {
  const { draft, reading, savedId, read, clear } = useConnectorsStore();
  const navigate = useNavigate();
  const start = useStartReading(savedId ?? '');
  const [error, setError] = useState<unknown>(null);
  const keyMissing = reading.writeMode === 'merge' && reading.primaryKey.trim() === '';

  async function begin() {
    if (savedId === null) return;
    setError(null);
    try {
      const fetch = toFetch(reading, draft.apiType);
      const schedule = reading.every === '' ? null : toSchedule(reading, savedId, fetch);
      const { runId, unscheduled } = await start.mutateAsync({ fetch, schedule });
      clear();
      if (unscheduled !== null) tellUnscheduled(unscheduled);
      await navigate({ to: '/runs/$runId', params: { runId }, search: {} });
    } catch (failure) {
      setError(failure);
    }
  }

  return (
    <Halves
      rightName="What will happen"
      left={
        <Stack
          gap="md"
          component="form"
          onSubmit={(event) => {
            event.preventDefault();
            void begin();
          }}
        >
          <TextInput
            label="Dataset"
            description="A new name makes a new dataset; a known one goes on with that."
            required
            data-autofocus
            value={reading.dataset}
            onChange={(event) => read({ dataset: event.currentTarget.value })}
          />
          <div>
            <Text fz="sm" fw={500} mb={4} id="write-mode">
              New rows
            </Text>
            <SegmentedControl
              aria-labelledby="write-mode"
              data={MODES.map(({ value, label }) => ({ value, label }))}
              value={reading.writeMode}
              onChange={(value) => read({ writeMode: value as WriteMode })}
            />
            <Text fz="sm" c="dimmed" mt={4}>
              {MODES.find(({ value }) => value === reading.writeMode)?.text}
            </Text>
          </div>
          <TextInput
            label="Primary key"
            description="Fields that tell records apart, separated by commas."
            placeholder="id"
            required={reading.writeMode === 'merge'}
            error={keyMissing ? 'Merge needs a key to find the old record by.' : null}
            value={reading.primaryKey}
            onChange={(event) => read({ primaryKey: event.currentTarget.value })}
          />
          {reading.incremental && reading.writeMode === 'merge' ? (
            <Switch
              label="Read only what is new"
              description={`The first sync reads everything, later ones what changed since, by ${reading.incremental.cursorField}.`}
              checked={reading.onlyNew}
              onChange={(event) => read({ onlyNew: event.currentTarget.checked })}
            />
          ) : null}
          <Select label="Keep it up to date" data={RHYTHMS} value={reading.every} allowDeselect={false} onChange={(value) => read({ every: value ?? '' })} />
          {error === null ? null : <ErrorNotice error={error} doing="create the dataset" />}
          <StepButtons
            back="what"
            next="Create the dataset"
            busy={start.isPending}
            disabled={savedId === null || reading.dataset.trim() === '' || keyMissing}
          />
        </Stack>
      }
      right={
        <Alert variant="transparent" p={0} title="What will happen">
          <Text fz="sm">
            All pages of {reading.endpointId ?? (reading.path || 'the query')} are read into {reading.dataset || 'the dataset'}, at most{' '}
            {draft.requestsPerMinute} requests a minute. You can watch it, pause it and change its rate. If anything dies in the middle, it goes on
            where it stopped, with every row once.
          </Text>
        </Alert>
      }
    />
  );
}

/** The run has begun all the same: another try here would begin a second one. */
function tellUnscheduled(error: unknown): void {
  notifications.show({
    id: 'unscheduled',
    color: 'red',
    autoClose: false,
    title: 'It is read now, but not again by itself',
    message: `${error instanceof Error ? error.message : 'The schedule could not be made.'} Make the schedule on the page Schedules.`,
  });
}
