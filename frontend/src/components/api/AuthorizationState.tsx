import { Alert, Button, Group, Text } from '@mantine/core';
import { IconCircleCheck, IconKey } from '@tabler/icons-react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { reasonWords } from '@/lib/connect/authorization';
import type { Authorization, Ready } from '@/lib/hooks/useAuthorization';

interface Props {
  authorization: Authorization;
  connected: boolean;
  ready: Ready;
  machine: boolean;
}

/** Where the connecting stands, in words, with the way on. */
export function AuthorizationState({ authorization, connected, ready, machine }: Props) {
  const { state, reason, error, connect, continueHere, cancel } = authorization;
  if (machine) return <Text fz="sm">The app gets its token by itself when it first needs one; the test shows whether it can.</Text>;
  if (state === 'waiting') {
    return (
      <Alert icon={<IconKey aria-hidden />} title="Sign in at the provider" role="status">
        <Text fz="sm">A window is open there. This page goes on by itself; the attempt ends after ten minutes.</Text>
        <Button size="xs" variant="default" mt="xs" onClick={cancel}>
          Stop waiting
        </Button>
      </Alert>
    );
  }
  return (
    <>
      {connected ? (
        <Alert color="green" icon={<IconCircleCheck aria-hidden />} title="Connected" role="status">
          <Text fz="sm">The token is stored, sealed, and renewed before it expires.</Text>
        </Alert>
      ) : null}
      {state === 'blocked' ? (
        <Alert color="yellow" title="The browser blocked the window" role="alert">
          <Text fz="sm">Allow windows for this site, or go on in this one; what you entered stays.</Text>
          <Button size="xs" mt="xs" onClick={() => void continueHere(ready)}>
            Go on in this window
          </Button>
        </Alert>
      ) : null}
      {state === 'failed' && error === null ? (
        <Alert color="red" title="Not connected" role="alert">
          <Text fz="sm">{reasonWords(reason)}</Text>
        </Alert>
      ) : null}
      {error === null ? null : <ErrorNotice error={error} doing="begin at the provider" />}
      <Group>
        <Button variant={connected ? 'default' : 'filled'} leftSection={<IconKey size={16} />} onClick={() => void connect(ready)}>
          {connected ? 'Connect again' : state === 'failed' ? 'Try again' : 'Connect'}
        </Button>
        <Button variant="subtle" onClick={() => void continueHere(ready)}>
          Use this window instead
        </Button>
      </Group>
    </>
  );
}
