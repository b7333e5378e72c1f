/** Name, address, headers and limits of a connector; its credential is replaced, never shown. */
import { zodResolver } from '@hookform/resolvers/zod';
import { Button, Group, NumberInput, PasswordInput, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Controller, FormProvider, useForm } from 'react-hook-form';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { Connector, ConnectorPatchWritable } from '@/lib/api/client';
import { fromConnector } from '@/lib/connect/input';
import { EMPTY_DRAFT } from '@/lib/connect/draft';
import { settingsRules } from '@/lib/connect/rules';
import { useChangeConnector } from '@/lib/hooks/useConnectors';
import { useMay } from '@/lib/hooks/useSession';

import { HeadersField } from './HeadersField';

const SECRETS = { bearer: 'bearerToken', apikey: 'apiKey' } as const;

export function SettingsTab({ connector }: { connector: Connector }) {
  const editor = useMay('editor');
  const admin = useMay('admin');
  const { mutateAsync, error, isPending } = useChangeConnector(connector.id);
  const { name, baseUrl, headers, requestsPerMinute, burstLimit } = { ...EMPTY_DRAFT, ...fromConnector(connector) };
  const form = useForm({
    defaultValues: { name, baseUrl, headers, requestsPerMinute, burstLimit, secret: '' },
    resolver: zodResolver(settingsRules),
    mode: 'onTouched',
  });
  const { errors, isDirty } = form.formState;
  const secret = connector.authType === 'bearer' || connector.authType === 'apikey' ? SECRETS[connector.authType] : null;

  async function save(values: typeof form.formState.defaultValues & object) {
    const kept = Object.fromEntries((values.headers ?? []).map((pair) => [pair?.name ?? '', pair?.value ?? '']));
    const gone = Object.fromEntries(headers.filter((pair) => !(pair.name in kept)).map((pair) => [pair.name, null]));
    const body: ConnectorPatchWritable = {
      name: values.name,
      baseUrl: values.baseUrl,
      headers: { ...gone, ...kept },
      rateLimitConfig: { requestsPerMinute: values.requestsPerMinute, burstLimit: values.burstLimit },
      ...(secret !== null && values.secret ? { [secret]: values.secret } : {}),
    };
    await mutateAsync(body);
    form.reset({ ...values, secret: '' });
    notifications.show({ message: 'Saved. The next request uses it.' });
  }

  return (
    <FormProvider {...form}>
      <form noValidate onSubmit={(event) => void form.handleSubmit((values) => save(values).catch(() => undefined))(event)}>
        <Stack gap="md" maw={560}>
          <TextInput label="Name" required {...form.register('name')} error={errors.name?.message} />
          <TextInput
            label="Base URL"
            description="Another host needs the credential again: it never follows by itself."
            required
            {...form.register('baseUrl')}
            error={errors.baseUrl?.message}
          />
          <HeadersField />
          <Group grow align="flex-start">
            {(['requestsPerMinute', 'burstLimit'] as const).map((field) => (
              <Controller
                key={field}
                name={field}
                control={form.control}
                render={({ field: input, fieldState }) => (
                  <NumberInput {...input} label={field === 'burstLimit' ? 'Requests per second, at most' : 'Requests per minute'} min={1} allowDecimal={false} error={fieldState.error?.message} />
                )}
              />
            ))}
          </Group>
          {secret === null ? null : (
            <PasswordInput
              label={connector.authType === 'bearer' ? 'New token' : 'New key'}
              description={admin ? 'Empty keeps the stored one, which is never shown.' : 'Replacing a credential needs the role admin.'}
              disabled={!admin}
              autoComplete="off"
              {...form.register('secret')}
            />
          )}
          {error === null ? null : <ErrorNotice error={error} doing="save the connector" />}
          <div>
            <Button type="submit" loading={isPending} disabled={!editor || !isDirty}>
              Save
            </Button>
          </div>
        </Stack>
      </form>
    </FormProvider>
  );
}
