import { Button, Modal, Stack } from '@mantine/core';
import { useState } from 'react';

import type { Connector } from '@/lib/api/client';
import { useAuthorization } from '@/lib/hooks/useAuthorization';
import { useMay } from '@/lib/hooks/useSession';

import { AuthorizationState } from './AuthorizationState';

/** Connecting again, from the connector's own page; its settings stay as they are. */
export function ReconnectButton({ connector }: { connector: Connector }) {
  const authorization = useAuthorization(connector.id);
  const editor = useMay('editor');
  const [opened, setOpened] = useState(authorization.state !== 'idle');
  const urgent = connector.status === 'needs_reauth' || connector.status === 'needs_auth' || connector.status === 'revoked';
  const ready = () => Promise.resolve({ id: connector.id });
  return (
    <>
      <Button
        variant={urgent ? 'filled' : 'default'}
        disabled={!editor}
        onClick={() => {
          setOpened(true);
          void authorization.connect(ready);
        }}
      >
        {urgent ? 'Reconnect' : 'Connect again'}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Connect ${connector.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
        <Stack gap="md">
          <AuthorizationState authorization={authorization} connected={authorization.state === 'connected'} ready={ready} machine={connector.oauthConfig?.grant === 'client_credentials'} />
        </Stack>
      </Modal>
    </>
  );
}
