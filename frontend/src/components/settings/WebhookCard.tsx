/** The outgoing webhook: where signed messages go, and for which events. */
import { zodResolver } from '@hookform/resolvers/zod';
import { Button, Checkbox, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Controller, useForm } from 'react-hook-form';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { StatusBadge, type Status } from '@/components/ui/StatusBadge';
import type { NotificationSettings } from '@/lib/api/client';
import { useNotifications, useSaveNotifications, useTestNotification } from '@/lib/hooks/useNotifications';

import { Deliveries } from './Deliveries';
import { EVENTS, newSecret, webhookForm, type WebhookEvent, type WebhookValues } from './webhookForm';

const STATES: Record<string, [Status, string]> = { off: ['none', 'Off'], active: ['active', 'Active'], failing: ['error', 'Failing'], disabled: ['revoked', 'Turned off: the receiver is gone'] };

export function WebhookCard() {
  const { data: settings, error } = useNotifications(true);
  const [status, word] = STATES[settings?.status ?? 'off'] ?? ['none', 'Off'];
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="webhook">
      <Group justify="space-between" mb={4}>
        <Title order={2} id="webhook">
          Outgoing webhook
        </Title>
        {settings ? <StatusBadge status={status} word={word} /> : null}
      </Group>
      <Text c="dimmed" fz="sm" mb="md">
        Varlor tells this address what happened to your data. Each message is signed (Standard Webhooks) and tried for a day.
      </Text>
      {error ? <ErrorNotice error={error} doing="read the webhook's settings" /> : null}
      {settings?.lastError ? (
        <Text fz="sm" c="var(--mantine-color-error)" mb="md" role="status">
          The newest attempt failed: {settings.lastError} It is tried again; {settings.pending ?? 0} messages wait.
        </Text>
      ) : null}
      {settings ? <WebhookForm settings={settings} /> : null}
      {settings ? <Deliveries /> : null}
    </Paper>
  );
}

function WebhookForm({ settings }: { settings: NotificationSettings }) {
  const save = useSaveNotifications();
  const test = useTestNotification();
  const { control, register, handleSubmit, setValue, formState } = useForm<WebhookValues>({
    resolver: zodResolver(webhookForm),
    values: { url: settings.url ?? '', events: (settings.events ?? []) as WebhookEvent[], secret: '' },
    resetOptions: { keepDirtyValues: true },
  });
  const submit = handleSubmit(({ url, events, secret }) =>
    save.mutate({ url: url || null, events, ...(secret ? { secret } : {}) }, { onSuccess: () => notifications.show({ message: url ? 'Saved. Send a test to see it arrive.' : 'Notifications are off.' }) }),
  );
  const on = settings.status !== 'off' && settings.status !== 'disabled';
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack gap="md">
        <TextInput label="Address" type="url" placeholder="https://example.com/hooks/varlor" description="Leave it empty to turn notifications off." error={formState.errors.url?.message} {...register('url')} />
        <Controller
          control={control}
          name="events"
          render={({ field }) => (
            <Checkbox.Group label="Events" value={field.value} onChange={field.onChange} error={formState.errors.events?.message}>
              <Stack gap={6} mt={6}>
                {Object.entries(EVENTS).map(([event, words]) => (
                  <Checkbox key={event} value={event} label={words} />
                ))}
              </Stack>
            </Checkbox.Group>
          )}
        />
        <Group align="flex-end" wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            label="Signing secret"
            description="Never shown again after it is saved. Leave it empty to keep the present one."
            placeholder="whsec_…"
            autoComplete="off"
            error={formState.errors.secret?.message}
            {...register('secret')}
          />
          <Button variant="default" onClick={() => setValue('secret', newSecret(), { shouldDirty: true, shouldValidate: true })}>
            Make one
          </Button>
        </Group>
        {save.error ? <ErrorNotice error={save.error} doing="save the webhook" /> : null}
        {test.error ? <ErrorNotice error={test.error} doing="send a test" /> : null}
        <Group justify="flex-end">
          <Button variant="default" disabled={!on} loading={test.isPending} onClick={() => test.mutate(undefined, { onSuccess: () => notifications.show({ message: 'A test message is on its way.' }) })}>
            Send a test
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
