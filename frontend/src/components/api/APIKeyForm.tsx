import { zodResolver } from '@hookform/resolvers/zod';
import { Group, PasswordInput, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useEffect } from 'react';
import { Controller, useForm } from 'react-hook-form';

import { apiKeyRules, storedKeyRules } from '@/lib/connect/rules';
import { useConnectorsStore } from '@/stores/connectors.store';

import { StepButtons } from './StepButtons';
import { useStoredSecret } from './useStoredSecret';

const PLACES = [
  { value: 'header', label: 'Header' },
  { value: 'query', label: 'Query parameter' },
];

/** A key in a header or in the query, with an optional prefix such as `Basic `. */
export function APIKeyForm({ onDone }: { onDone: () => void }) {
  const { draft, secrets, change, keepSecrets } = useConnectorsStore();
  const stored = useStoredSecret();
  const { keyName, keyLocation, keyPrefix } = draft;
  const form = useForm({
    defaultValues: { keyName, keyLocation, keyPrefix, apiKey: secrets.apiKey },
    resolver: zodResolver(stored ? storedKeyRules : apiKeyRules),
    mode: 'onTouched',
  });
  const { errors } = form.formState;

  useEffect(() => {
    const watched = form.watch(({ apiKey: _secret, ...shown }) => change(shown));
    return () => watched.unsubscribe();
  }, [form, change]);

  return (
    <form
      noValidate
      onSubmit={(event) =>
        void form.handleSubmit(({ apiKey }) => {
          keepSecrets({ apiKey });
          onDone();
        })(event)
      }
    >
      <Stack gap="md">
        <div>
          <Text fz="sm" fw={500} mb={4} id="key-place">
            Sent in
          </Text>
          <Controller
            name="keyLocation"
            control={form.control}
            render={({ field }) => <SegmentedControl aria-labelledby="key-place" data={PLACES} value={field.value} onChange={field.onChange} />}
          />
        </div>
        <Group grow align="flex-start">
          <TextInput label="Name" placeholder="X-API-Key" required {...form.register('keyName')} error={errors.keyName?.message} />
          <TextInput label="Prefix" placeholder="Before the key, if any" {...form.register('keyPrefix')} error={errors.keyPrefix?.message} />
        </Group>
        <PasswordInput
          label="Key"
          description={stored ? 'One is stored. Leave this empty to keep it; it is never shown again.' : 'Sealed before it is stored, and never shown again.'}
          autoComplete="off"
          required={!stored}
          {...form.register('apiKey')}
          error={errors.apiKey?.message}
        />
        <StepButtons back="where" next="Continue" />
      </Stack>
    </form>
  );
}
