/** A webhook's address and secret: shown once, to be entered at the other side; then its first event is awaited. */
import { Alert, Button, Select, Stack, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { Connector } from '@/lib/api/client';
import type { Draft } from '@/lib/connect/draft';
import { useConnector } from '@/lib/hooks/useConnectors';
import { useDraftConnector } from '@/lib/hooks/useDraftConnector';
import { useConnectorsStore } from '@/stores/connectors.store';

import { Copyable } from './Copyable';
import { Halves } from './Halves';
import { StepButtons } from './StepButtons';

const STYLES: { value: Draft['webhookStyle']; label: string }[] = [
  { value: 'standard', label: 'Standard Webhooks' },
  { value: 'github', label: 'GitHub' },
  { value: 'stripe', label: 'Stripe' },
  { value: 'slack', label: 'Slack' },
  { value: 'hmac', label: 'Plain HMAC in a header' },
];

export function WebhookStep() {
  const { draft, change } = useConnectorsStore();
  const { ensureSaved, saving, error, savedId } = useDraftConnector();
  const [answered, setMade] = useState<Connector | null>(null);
  const { data: stored } = useConnector(savedId);
  const made = answered ?? stored ?? null; // after a reload the address is still there, the secret is not

  async function create() {
    const { connector } = await ensureSaved();
    if (connector !== null) setMade(connector);
  }

  return (
    <Halves
      rightName="Address"
      left={
        <Stack
          gap="md"
          component="form"
          onSubmit={(event) => {
            event.preventDefault();
            void create().catch(() => undefined);
          }}
        >
          <TextInput label="Name" placeholder="Shop events" required data-autofocus disabled={made !== null} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} />
          <Select
            label="How the other side signs"
            data={STYLES}
            value={draft.webhookStyle}
            allowDeselect={false}
            disabled={made !== null}
            onChange={(value) => value && change({ webhookStyle: value as Draft['webhookStyle'] })}
          />
          {draft.webhookStyle === 'hmac' ? (
            <TextInput label="Signature header" placeholder="X-Signature" value={draft.webhookHeader} onChange={(event) => change({ webhookHeader: event.currentTarget.value })} />
          ) : null}
          {error === null ? null : <ErrorNotice error={error} doing="create the webhook" />}
          {made === null ? (
            <StepButtons back="source" next="Create the address" busy={saving} disabled={draft.name.trim() === ''} />
          ) : null}
        </Stack>
      }
      right={made === null ? <Text fz="sm">The address and its secret appear here. Events are stored before they are acknowledged, and become rows within moments.</Text> : <Made connector={made} />}
    />
  );
}

function Made({ connector }: { connector: Connector }) {
  const navigate = useNavigate();
  const clear = useConnectorsStore((state) => state.clear);
  return (
    <Stack gap="md">
      <Copyable label="Address to enter at the other side" value={connector.webhookUrl ?? ''} />
      {connector.webhookSecret ? (
        <>
          <Copyable label="Secret" value={connector.webhookSecret} secret />
          <Alert color="yellow" title="Copy the secret now">
            <Text fz="sm">It is sealed and never shown again. Lost, it can be replaced on the connector’s page.</Text>
          </Alert>
        </>
      ) : (
        <Text fz="sm">Its secret was shown once. If it is lost, replace it on the connector’s page.</Text>
      )}
      <Button
        onClick={() => {
          clear();
          void navigate({ to: '/connectors/$connectorId', params: { connectorId: connector.id }, search: {} });
        }}
      >
        Go to the connector
      </Button>
    </Stack>
  );
}
