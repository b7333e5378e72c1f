/** One connector: how it is doing, what it offers, what was done with it. */
import { Skeleton, Tabs } from '@mantine/core';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';

import { AuditTab } from '@/components/api/AuditTab';
import { ConnectorActions } from '@/components/api/ConnectorActions';
import { ConnectorOverview } from '@/components/api/ConnectorOverview';
import { EndpointsTab } from '@/components/api/EndpointsTab';
import { InboxTab } from '@/components/api/InboxTab';
import { SettingsTab } from '@/components/api/SettingsTab';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { PageHeader } from '@/components/ui/PageHeader';
import { StatusBadge } from '@/components/ui/StatusBadge';
import { TextLink } from '@/components/ui/links';
import type { Connector } from '@/lib/api/client';
import { blocks } from '@/lib/api/problem';
import { useConnector } from '@/lib/hooks/useConnectors';

export function ConnectorPage() {
  const { connectorId } = useParams({ from: '/connectors/$connectorId' });
  const { tab } = useSearch({ from: '/connectors/$connectorId' });
  const navigate = useNavigate();
  const { data: connector, error, refetch } = useConnector(connectorId);
  if (blocks(error, connector)) {
    return (
      <>
        <PageHeader title="Connector" above={<TextLink to="/connectors">Connectors</TextLink>} />
        <ErrorNotice error={error} doing="open the connector" onRetry={() => void refetch()} />
      </>
    );
  }
  if (connector === undefined) return <Skeleton h={320} role="status" aria-label="Loading the connector" />;
  const webhook = connector.apiType === 'webhook';
  return (
    <>
      <PageHeader
        title={connector.name}
        above={<TextLink to="/connectors">Connectors</TextLink>}
        badge={<StatusBadge status={connector.status} />}
        text={webhook ? connector.webhookUrl : connector.baseUrl}
        actions={<ConnectorActions connector={connector} />}
      />
      <Tabs
        value={tab ?? 'overview'}
        keepMounted={false}
        onChange={(next) => void navigate({ to: '.', search: { tab: next ?? undefined }, replace: true })}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          {webhook ? <Tabs.Tab value="inbox">Inbox</Tabs.Tab> : <Tabs.Tab value="endpoints">Endpoints</Tabs.Tab>}
          <Tabs.Tab value="audit">Audit</Tabs.Tab>
          {webhook ? null : <Tabs.Tab value="settings">Settings</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <ConnectorOverview connector={connector} />
        </Tabs.Panel>
        <Tabs.Panel value="endpoints">
          <EndpointsTab connectorId={connector.id} />
        </Tabs.Panel>
        <Tabs.Panel value="inbox">
          <InboxTab connector={connector} />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <AuditTab connectorId={connector.id} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <SettingsTab key={settingsOf(connector)} connector={connector} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

/** What the form shows: other news of the connector, such as its state, take nothing typed away. */
function settingsOf({ name, baseUrl, headers, rateLimitConfig }: Connector): string {
  return JSON.stringify([name, baseUrl, headers, rateLimitConfig]);
}
