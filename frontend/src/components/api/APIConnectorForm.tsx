/** Where the API is and how fast it may be asked; every keystroke is kept, and judged by the API's own rules. */
import { zodResolver } from '@hookform/resolvers/zod';
import { Group, NumberInput, Stack, TextInput } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { Controller, FormProvider, useForm } from 'react-hook-form';

import type { Draft } from '@/lib/connect/draft';
import { filled, hostOf } from '@/lib/connect/input';
import { whereRules } from '@/lib/connect/rules';
import { usePreset } from '@/lib/hooks/useConnectors';
import { useConnectorsStore } from '@/stores/connectors.store';

import { HeadersField } from './HeadersField';

export type WhereForm = Pick<Draft, 'name' | 'baseUrl' | 'headers' | 'requestsPerMinute' | 'burstLimit'>;

export function APIConnectorForm({ onDone, children }: { onDone: () => void; children: ReactNode }) {
  const { draft, change } = useConnectorsStore();
  const form = useForm<WhereForm>({ defaultValues: pick(filled(draft)), resolver: zodResolver(whereRules), mode: 'onTouched' });
  const { errors } = form.formState;

  useEffect(() => {
    const watched = form.watch((values, { name, type }) => {
      const { baseUrl, ...rest } = values as WhereForm;
      // An address with a preset's slots stays as it is until a person writes another.
      change(name === 'baseUrl' && type === 'change' ? { ...rest, baseUrl } : rest);
    });
    return () => watched.unsubscribe();
  }, [form, change]);

  useEffect(() => {
    if (draft.presetId !== null) form.setValue('baseUrl', filled(useConnectorsStore.getState().draft).baseUrl);
  }, [form, draft.presetId, draft.variables]);

  return (
    <FormProvider {...form}>
      <form onSubmit={(event) => void form.handleSubmit(onDone)(event)} noValidate>
        <Stack gap="md">
          <PresetVariables />
          <TextInput
            label="Base URL"
            description="Where the API begins; paths are added to it."
            placeholder="https://api.example.com/v1"
            required
            data-autofocus
            {...form.register('baseUrl')}
            error={errors.baseUrl?.message}
          />
          <TextInput label="Name" placeholder={hostOf(draft.baseUrl) || 'Shop'} {...form.register('name')} error={errors.name?.message} />
          <HeadersField />
          <Group grow align="flex-start">
            <Limit name="requestsPerMinute" label="Requests per minute" />
            <Limit name="burstLimit" label="Requests per second, at most" />
          </Group>
          {children}
        </Stack>
      </form>
    </FormProvider>
  );
}

function pick({ name, baseUrl, headers, requestsPerMinute, burstLimit }: Draft): WhereForm {
  return { name, baseUrl, headers, requestsPerMinute, burstLimit };
}

function Limit({ name, label }: { name: 'requestsPerMinute' | 'burstLimit'; label: string }) {
  return (
    <Controller<WhereForm, typeof name>
      name={name}
      render={({ field, fieldState }) => (
        <NumberInput {...field} label={label} min={1} allowDecimal={false} thousandSeparator="," error={fieldState.error?.message} />
      )}
    />
  );
}

/** What differs from account to account in a preset's addresses. */
function PresetVariables() {
  const { draft, change } = useConnectorsStore();
  const { data: preset } = usePreset(draft.presetId);
  return preset?.variables?.map(({ name, title, example }) => (
    <TextInput
      key={name}
      label={title}
      placeholder={example}
      required
      value={draft.variables[name] ?? ''}
      onChange={(event) => change({ variables: { ...draft.variables, [name]: event.currentTarget.value.trim() } })}
    />
  ));
}
