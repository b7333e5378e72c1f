/** OAuth 2.0: how the provider is reached, what to register there, and the connecting itself. */
import { zodResolver } from '@hookform/resolvers/zod';
import { Button, Group, Stack } from '@mantine/core';
import { useEffect } from 'react';
import { FormProvider, useForm } from 'react-hook-form';
import type { z } from 'zod';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { filled } from '@/lib/connect/input';
import { oauthRules } from '@/lib/connect/rules';
import { useAuthorization, type Ready } from '@/lib/hooks/useAuthorization';
import { useConnector } from '@/lib/hooks/useConnectors';
import { useDraftConnector } from '@/lib/hooks/useDraftConnector';
import { useWizard } from '@/lib/hooks/useWizard';
import { useConnectorsStore } from '@/stores/connectors.store';

import { AuthorizationState } from './AuthorizationState';
import { OAuthFields } from './OAuthFields';
import { RedirectAddress } from './RedirectAddress';

export type OAuthForm = z.infer<typeof oauthRules>;

export function OAuth2Flow({ onDone }: { onDone: () => void }) {
  const { go } = useWizard();
  const { draft, secrets, savedId, change, keepSecrets } = useConnectorsStore();
  const { ensureSaved, saving, error: saveError } = useDraftConnector();
  const { data: connector } = useConnector(savedId);
  const authorization = useAuthorization(savedId);
  const form = useForm<OAuthForm>({
    defaultValues: { ...filled(draft), clientSecret: secrets.clientSecret },
    resolver: zodResolver(oauthRules),
    mode: 'onTouched',
  });

  useEffect(() => {
    const watched = form.watch(({ clientSecret, ...shown }) => {
      change(shown);
      keepSecrets({ clientSecret: clientSecret ?? '' });
    });
    return () => watched.unsubscribe();
  }, [form, change, keepSecrets]);

  const machine = draft.grant === 'client_credentials';
  const connected = connector?.status === 'connected' || authorization.state === 'connected';
  const valid: Ready = async () => (await form.trigger()) && ensureSaved();
  const save = () => void valid().catch(() => undefined); // `saveError` shows it

  return (
    <FormProvider {...form}>
      <Stack gap="md">
        <OAuthFields />
        {saveError === null ? null : <ErrorNotice error={saveError} doing="save the connector" />}
        {machine ? null : <RedirectAddress address={connector?.oauthConfig?.redirectUri} onSave={save} saving={saving} />}
        <AuthorizationState authorization={authorization} connected={connected} ready={valid} machine={machine} />
        <Group justify="space-between">
          <Button variant="default" onClick={() => go('where')}>
            Back
          </Button>
          <Button
            disabled={!machine && !connected}
            loading={saving}
            onClick={() => void valid().then((saved) => saved && onDone()).catch(() => undefined)}
          >
            Continue
          </Button>
        </Group>
      </Stack>
    </FormProvider>
  );
}
