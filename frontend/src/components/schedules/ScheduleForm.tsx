/** Makes a schedule: what is fetched into which dataset, and when. */
import { zodResolver } from '@hookform/resolvers/zod';
import { Autocomplete, Button, Group, Modal, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Controller, useForm, useWatch } from 'react-hook-form';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { useAllConnectors, useAllDatasets } from '@/lib/hooks/useNames';
import { useCreateSchedule } from '@/lib/hooks/useSchedules';

import { RhythmFields } from './RhythmFields';
import { SCHEDULE_DEFAULTS, scheduleForm, toScheduleInput, type ScheduleValues } from './scheduleForm';

const MODES = [
  { value: 'replace', label: 'Replace: each run brings all rows anew' },
  { value: 'merge', label: 'Merge: rows with a known key are updated' },
  { value: 'append', label: 'Append: each run adds its rows' },
];
const OVERLAPS = [
  { value: 'skip', label: 'Leave the new run out' },
  { value: 'buffer_one', label: 'Let one run wait' },
  { value: 'cancel_other', label: 'Cancel the one that runs' },
];

export function ScheduleForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="New schedule" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Fields onClose={onClose} />
    </Modal>
  );
}

function Fields({ onClose }: { onClose: () => void }) {
  const create = useCreateSchedule();
  const connectors = (useAllConnectors().data ?? []).filter(({ apiType }) => apiType !== 'webhook'); // they are called, and fetch nothing
  const datasets = useAllDatasets().data ?? [];
  const { control, register, handleSubmit, formState } = useForm<ScheduleValues>({ resolver: zodResolver(scheduleForm), defaultValues: SCHEDULE_DEFAULTS });
  const writeMode = useWatch({ control, name: 'writeMode' });
  const { errors } = formState;
  const save = handleSubmit((values) =>
    create.mutate(toScheduleInput(values), {
      onSuccess: ({ name }) => {
        notifications.show({ message: `${name} is scheduled.` });
        onClose();
      },
    }),
  );
  return (
    <form onSubmit={(event) => void save(event)} noValidate>
      <Stack gap="md">
        <TextInput label="Name" placeholder="Orders, each hour" error={errors.name?.message} data-autofocus {...register('name')} />
        <Group grow align="flex-start">
          <Controller
            control={control}
            name="connectorId"
            render={({ field: { ref, ...field } }) => (
              <Select ref={ref} label="Connector" placeholder="Choose" searchable error={errors.connectorId?.message} data={connectors.map(({ id, name }) => ({ value: id, label: name }))} {...field} value={field.value || null} onChange={(id) => field.onChange(id ?? '')} />
            )}
          />
          <TextInput label="Path" placeholder="/orders" error={errors.path?.message} {...register('path')} />
        </Group>
        <Group grow align="flex-start">
          <Controller
            control={control}
            name="dataset"
            render={({ field: { ref, ...field } }) => (
              <Autocomplete ref={ref} label="Into the dataset" placeholder="A new or an existing name" error={errors.dataset?.message} data={[...new Set(datasets.map(({ name }) => name))]} {...field} />
            )}
          />
          <Controller
            control={control}
            name="writeMode"
            render={({ field: { ref, ...field } }) => <Select ref={ref} label="How rows are written" data={MODES} allowDeselect={false} {...field} />}
          />
        </Group>
        {writeMode === 'merge' ? (
          <Controller
            control={control}
            name="primaryKey"
            render={({ field: { ref, ...field } }) => <TagsInput ref={ref} label="Key" description="The columns that tell rows apart; press Enter after each." placeholder="id" error={errors.primaryKey?.message} {...field} />}
          />
        ) : null}
        <Controller control={control} name="rhythm" render={({ field }) => <RhythmFields value={field.value} onChange={field.onChange} error={rhythmError(errors.rhythm)} />} />
        <Controller
          control={control}
          name="overlap"
          render={({ field: { ref, ...field } }) => <Select ref={ref} label="When the run before still runs" data={OVERLAPS} allowDeselect={false} {...field} />}
        />
        {create.error ? <ErrorNotice error={create.error} doing="make the schedule" /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" loading={create.isPending}>
            Create the schedule
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function rhythmError(error: { message?: string; amount?: { message?: string } } | undefined): string | undefined {
  return error?.message ?? error?.amount?.message;
}
