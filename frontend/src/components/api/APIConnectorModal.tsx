/** "Connect API": one thing at a time on the left, what we would send and what came back on the right. */
import { Modal, Stepper, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect } from 'react';

import { STEPS, type Step } from '@/lib/connect/draft';
import { fromConnector } from '@/lib/connect/input';
import { useConnector } from '@/lib/hooks/useConnectors';
import { useWizard } from '@/lib/hooks/useWizard';
import { useConnectorsStore } from '@/stores/connectors.store';

import { KeepStep } from './KeepStep';
import { SourceStep } from './SourceStep';
import { TestStep } from './TestStep';
import { WebhookStep } from './WebhookStep';
import { WhatStep } from './WhatStep';
import { WhereStep } from './WhereStep';
import { WhoStep } from './WhoStep';
import classes from './Wizard.module.css';

const NAMES: Record<Step, string> = { source: 'Kind', where: 'Where', who: 'Who', test: 'Test', what: 'What', keep: 'Keep' };
const PAGES = { source: SourceStep, where: WhereStep, who: WhoStep, test: TestStep, what: WhatStep, keep: KeepStep };
const WEBHOOK_STEPS: Step[] = ['source', 'where'];

export function APIConnectorModal() {
  const { step, go } = useWizard();
  const narrow = useMediaQuery('(max-width: 62em)');
  const webhook = useConnectorsStore((state) => state.draft.apiType === 'webhook');
  const generation = useConnectorsStore((state) => state.generation);
  useLinkedConnector();
  if (step === null) return null;
  const steps = webhook ? WEBHOOK_STEPS : STEPS;
  const Page = webhook && step !== 'source' ? WebhookStep : PAGES[step];
  const at = Math.max(steps.indexOf(step), 0);
  return (
    <Modal
      opened
      onClose={() => go(null)}
      title="Connect API"
      size={1120}
      fullScreen={narrow}
      closeButtonProps={{ 'aria-label': 'Close; what you entered stays' }}
      closeOnClickOutside={false}
    >
      <Stepper classNames={{ stepIcon: classes.stepIcon }} active={at} onStepClick={(index) => go(steps[index] ?? 'source')} size="xs" mb="lg" allowNextStepsSelect={false} wrap={false}>
        {steps.map((each, index) => (
          <Stepper.Step key={each} label={narrow && each !== step ? undefined : NAMES[each]} aria-label={narrow && each !== step ? `${index + 1} ${NAMES[each]}` : undefined} />
        ))}
      </Stepper>
      <Page key={generation} />
      <Text fz="xs" c="dimmed" mt="lg">
        What you enter stays in this tab until you are done; secrets are forgotten by a reload.
      </Text>
    </Modal>
  );
}

/** A link that names a connector (a reconnect, or the way back from a provider) goes on with that one. */
function useLinkedConnector() {
  const { connectorId, step } = useWizard();
  const savedId = useConnectorsStore((state) => state.savedId);
  const { data: connector } = useConnector(step !== null && connectorId !== savedId ? connectorId : null);
  useEffect(() => {
    if (connector === undefined) return;
    const { begin, saved } = useConnectorsStore.getState();
    begin(fromConnector(connector));
    saved(connector.id, '');
  }, [connector]);
}
