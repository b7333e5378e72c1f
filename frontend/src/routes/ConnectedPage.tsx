/** Where a provider's answer ends in a window of its own: it tells the page that opened it, and closes. */
import { Stack, Text, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';

import { LinkButton } from '@/components/ui/links';
import { reasonWords, tellEnd } from '@/lib/connect/authorization';

export function ConnectedPage() {
  const { connector, oauth, reason } = useSearch({ from: '/connected' });
  useEffect(() => {
    if (!connector || (oauth !== 'connected' && oauth !== 'error')) return;
    tellEnd({ connectorId: connector, oauth, ...(reason ? { reason } : {}) });
    window.close();
  }, [connector, oauth, reason]);
  return (
    <Stack align="flex-start" gap="sm">
      <Title order={1}>{oauth === 'connected' ? 'Connected' : 'Not connected'}</Title>
      <Text>{oauth === 'connected' ? 'You can close this window; the page that opened it goes on.' : reasonWords(reason)}</Text>
      {connector ? (
        <LinkButton variant="default" to="/connectors/$connectorId" params={{ connectorId: connector }} search={{}}>
          Go to the connector
        </LinkButton>
      ) : null}
    </Stack>
  );
}
