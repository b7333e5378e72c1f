/** How a connector is doing: its token, its rate window, its last test, its last runs. */
import { SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { RelativeTime } from '@/components/ui/RelativeTime';
import type { CheckResult, Connector } from '@/lib/api/client';
import { useHealth } from '@/lib/hooks/useConnectors';

import classes from './Connector.module.css';
import { ConnectionTestButton } from './ConnectionTestButton';
import { RateGauge } from './RateGauge';
import { TestOutcome } from './TestOutcome';
import { TokenLine } from './TokenLine';

export function ConnectorOverview({ connector }: { connector: Connector }) {
  const { data: health, error, refetch } = useHealth(connector.id);
  const [result, setResult] = useState<CheckResult | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  if (error !== null) return <ErrorNotice error={error} doing="ask how it is doing" onRetry={() => void refetch()} />;
  if (health === undefined) return <Skeleton h={220} role="status" aria-label="Loading the connector's health" />;
  const { recent, lastCheck, inbox } = health;
  const shown = result ?? lastCheck?.result ?? null;
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {connector.authType === 'oauth2' ? (
          <Card title="Token">
            <TokenLine token={health.token} />
          </Card>
        ) : null}
        {connector.apiType === 'webhook' ? null : (
          <Card title="Rate">
            <RateGauge use={health.rateLimit} />
          </Card>
        )}
        {inbox ? (
          <Card title="Inbox">
            <Text fz="sm" className="num">
              {inbox.waiting} events wait, {inbox.setAside} are kept aside. Last event <RelativeTime time={inbox.lastEventAt} none="never" />.
            </Text>
          </Card>
        ) : null}
        <Card title="Runs">
          <Text fz="sm" className="num">
            {recent.runs === 0 ? 'No run has ended yet.' : `${recent.failed} of the last ${recent.runs} runs failed.`}
          </Text>
        </Card>
      </SimpleGrid>
      <Card title="Test">
        <Stack gap="sm" align="flex-start">
          {lastCheck ? (
            <Text fz="sm">
              Last tested <RelativeTime time={result ? null : lastCheck.time} none="just now" />.
            </Text>
          ) : null}
          <ConnectionTestButton
            variant="default"
            request={() => ({ connectorId: connector.id })}
            onResult={(outcome) => {
              setResult(outcome);
              setFailed(null);
            }}
            onError={setFailed}
          />
          {failed === null ? null : <ErrorNotice error={failed} doing="test the connection" />}
          {shown === null ? null : <TestOutcome result={shown} />}
        </Stack>
      </Card>
    </Stack>
  );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.card} aria-label={title}>
      <Title order={2} mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}
