/** What can be done to a connector; what goes and what stays is said before anything goes. */
import { Button, List, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';

import { ConfirmModal } from '@/components/ui/ConfirmModal';
import type { Connector } from '@/lib/api/client';
import { useEnding } from '@/lib/hooks/useConnectors';
import { useMay } from '@/lib/hooks/useSession';

import { ReconnectButton } from './ReconnectButton';
import { ReadMoreButton } from './ReadMoreButton';

export function ConnectorActions({ connector }: { connector: Connector }) {
  const navigate = useNavigate();
  const admin = useMay('admin');
  const { revoke, remove } = useEnding(connector.id);
  const [revoking, revokeModal] = useDisclosure(false);
  const [removing, removeModal] = useDisclosure(false);
  const oauth = connector.authType === 'oauth2';
  if (connector.status === 'deleting') return <Text c="dimmed">It is being deleted.</Text>;
  return (
    <>
      {connector.apiType === 'webhook' ? null : <ReadMoreButton connector={connector} />}
      {oauth ? <ReconnectButton connector={connector} /> : null}
      {oauth && connector.hasCredential && connector.status !== 'revoked' ? (
        <Button variant="default" disabled={!admin} onClick={revokeModal.open}>
          Revoke
        </Button>
      ) : null}
      <Button variant="default" disabled={!admin} onClick={removeModal.open} title={admin ? undefined : 'Deleting needs the role admin.'}>
        Delete
      </Button>
      <ConfirmModal opened={revoking} onClose={revokeModal.close} title="Revoke the token" act="Revoke it" onConfirm={() => revoke.mutateAsync().then(revokeModal.close)}>
        The token is given back to the provider and erased here. Running syncs wait until somebody connects again; datasets stay.
      </ConfirmModal>
      <ConfirmModal
        opened={removing}
        onClose={removeModal.close}
        title={`Delete ${connector.name}`}
        act="Delete the connector"
        name={connector.name}
        onConfirm={() => remove.mutateAsync().then(() => navigate({ to: '/connectors', search: {} }))}
      >
        <List fz="sm">
          <List.Item>Its credential is erased{oauth ? ', and its token revoked at the provider' : ''}.</List.Item>
          <List.Item>Its running syncs stop, and its schedules go.</List.Item>
          <List.Item>Its datasets stay, with every row.</List.Item>
        </List>
      </ConfirmModal>
    </>
  );
}
