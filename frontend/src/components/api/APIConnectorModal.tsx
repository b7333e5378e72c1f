/** "Connect API": one thing at a time on the left, what we would send and what came back on the right. */
import { Modal, Stepper, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useRef } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
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
  const { linked, error } = useLinkedConnector();
  const ready = useReachable(step, linked);
  const page = useFocus(ready);
  if (ready === null) return null;
  const steps = webhook ? WEBHOOK_STEPS : STEPS;
  const Page = webhook && ready !== 'source' ? WebhookStep : PAGES[ready];
  const at = Math.max(steps.indexOf(ready), 0);
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
      <Stepper classNames={{ stepIcon: classes.stepIcon, separator: classes.separator }} active={at} onStepClick={(index) => go(steps[index] ?? 'source')} size="xs" mb="lg" allowNextStepsSelect={false} wrap={false}>
        {steps.map((each, index) => (
          <Stepper.Step key={each} label={narrow && each !== ready ? undefined : NAMES[each]} aria-label={narrow && each !== ready ? `${index + 1} ${NAMES[each]}` : undefined} />
        ))}
      </Stepper>
      {error === null ? null : <ErrorNotice error={error} doing="open the connector" mb="md" />}
      <div ref={page} tabIndex={-1} role="group" aria-label={NAMES[ready]} className={classes.page}>
        <Page key={generation} />
      </div>
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
  const { data: connector, error } = useConnector(step !== null && connectorId !== savedId ? connectorId : null);
  useEffect(() => {
    if (connector === undefined) return;
    const { begin, saved } = useConnectorsStore.getState();
    begin(fromConnector(connector));
    saved(connector.id, '');
  }, [connector]);
  return { linked: connectorId !== null && error === null, error };
}

/** The step of the address, or the last one before it that has what it needs: a link or a way back may lead too far. */
function useReachable(step: Step | null, linked: boolean): Step | null {
  const { draft, reading, savedId } = useConnectorsStore();
  if (step === null || linked || draft.apiType === 'webhook') return step;
  const chosen = reading.endpointId !== null || reading.path !== '' || reading.query !== '';
  const holds: Record<Step, boolean> = {
    source: true,
    where: true,
    who: draft.baseUrl !== '',
    test: draft.baseUrl !== '',
    what: savedId !== null,
    keep: savedId !== null && chosen,
  };
  const reached = STEPS.slice(0, STEPS.indexOf(step) + 1);
  const last = reached.findLast((each) => holds[each]) ?? 'source';
  return last === 'where' && step !== 'where' ? 'source' : last;
}

/** The step before took the focus with it, so each step takes it up; the closed dialog gives it back to what opened it. */
function useFocus(step: Step | null) {
  const page = useRef<HTMLDivElement>(null);
  const before = useRef(step);
  const opener = useRef(document.activeElement);
  useEffect(() => {
    if (before.current !== step) (page.current?.querySelector<HTMLElement>('[data-autofocus]') ?? page.current)?.focus();
    before.current = step;
  }, [step]);
  useEffect(() => {
    const { current } = opener;
    return () => {
      if (current instanceof HTMLElement && current.isConnected) current.focus();
    };
  }, []);
  return page;
}
