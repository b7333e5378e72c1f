/** Rename the dataset, promise a freshness, let it start over, or delete it with its files. */
import { zodResolver } from '@hookform/resolvers/zod';
import { Button, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';

import { ConfirmModal } from '@/components/ui/ConfirmModal';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { Dataset } from '@/lib/api/client';
import { formatBytes, formatCount } from '@/lib/format';
import { useDeleteDataset, useUpdateDataset } from '@/lib/hooks/useDatasets';
import { useMay } from '@/lib/hooks/useSession';

import { FreshnessCard } from './FreshnessCard';
import { ResetCard } from './ResetCard';

const form = z.object({ name: z.string().trim().min(1, 'Give it a name.').max(200, 'Use 200 characters at most.') });

export function SettingsTab({ dataset }: { dataset: Dataset }) {
  const editor = useMay('editor');
  const admin = useMay('admin');
  return (
    <Stack gap="lg" maw={640}>
      <Rename dataset={dataset} disabled={!editor} />
      <FreshnessCard dataset={dataset} disabled={!editor} />
      <ResetCard dataset={dataset} disabled={!editor} />
      <Delete dataset={dataset} disabled={!admin} />
    </Stack>
  );
}

function Rename({ dataset, disabled }: { dataset: Dataset; disabled: boolean }) {
  const update = useUpdateDataset(dataset.id);
  const { register, handleSubmit, formState } = useForm({ resolver: zodResolver(form), values: { name: dataset.name } });
  const save = handleSubmit(async (values) => {
    await update.mutateAsync(values).then(
      () => notifications.show({ message: `The dataset is now called ${values.name}.` }),
      () => undefined, // shown below the field
    );
  });
  return (
    <Paper withBorder p="md" component="form" onSubmit={(event) => void save(event)}>
      <Title order={2} mb="sm">
        Name
      </Title>
      <TextInput
        label="The dataset's name"
        description="Its schedules go on with it; whoever else fetches into its old name begins a new dataset."
        error={formState.errors.name?.message}
        disabled={disabled}
        {...register('name')}
      />
      {update.error ? <ErrorNotice error={update.error} doing="rename the dataset" mt="sm" /> : null}
      <Group justify="flex-end" mt="md">
        <Button type="submit" loading={update.isPending} disabled={disabled || !formState.isDirty}>
          Save the name
        </Button>
      </Group>
    </Paper>
  );
}

function Delete({ dataset, disabled }: { dataset: Dataset; disabled: boolean }) {
  const remove = useDeleteDataset(dataset.id);
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  return (
    <Paper withBorder p="md">
      <Title order={2} mb={4}>
        Delete
      </Title>
      <Text fz="sm" c="dimmed">
        {disabled ? 'This needs the role admin.' : 'The rows and files go. The connector and its other datasets stay.'}
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" c="var(--mantine-color-error)" disabled={disabled} onClick={() => setAsking(true)}>
          Delete the dataset
        </Button>
      </Group>
      <ConfirmModal
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Delete ${dataset.name}`}
        act="Delete the dataset"
        name={dataset.name}
        onConfirm={async () => {
          await remove.mutateAsync();
          await navigate({ to: '/' });
        }}
      >
        What goes: {formatCount(dataset.rowCount ?? 0)} rows, {formatBytes(dataset.bytes ?? 0)} of files and every older version. They cannot be brought back. What stays: the connector, its runs, and schedules, whose next run begins a new dataset.
      </ConfirmModal>
    </Paper>
  );
}
