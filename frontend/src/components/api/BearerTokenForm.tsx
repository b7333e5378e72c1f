import { zodResolver } from '@hookform/resolvers/zod';
import { PasswordInput, Stack } from '@mantine/core';
import { useForm } from 'react-hook-form';

import { bearerRules, storedBearerRules } from '@/lib/connect/rules';
import { useConnectorsStore } from '@/stores/connectors.store';

import { StepButtons } from './StepButtons';
import { useStoredSecret } from './useStoredSecret';

/** A ready token, sent as `Authorization: Bearer …`. */
export function BearerTokenForm({ onDone }: { onDone: () => void }) {
  const { secrets, keepSecrets } = useConnectorsStore();
  const stored = useStoredSecret();
  const form = useForm({ defaultValues: { bearerToken: secrets.bearerToken }, resolver: zodResolver(stored ? storedBearerRules : bearerRules) });
  return (
    <form
      noValidate
      onSubmit={(event) =>
        void form.handleSubmit((values) => {
          keepSecrets(values);
          onDone();
        })(event)
      }
    >
      <Stack gap="md">
        <PasswordInput
          label="Token"
          description={stored ? 'One is stored. Leave this empty to keep it; it is never shown again.' : 'Sealed before it is stored, and never shown again.'}
          autoComplete="off"
          required={!stored}
          {...form.register('bearerToken')}
          error={form.formState.errors.bearerToken?.message}
        />
        <StepButtons back="where" next="Continue" />
      </Stack>
    </form>
  );
}
