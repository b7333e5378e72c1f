/** The way in: a one-time link's code is spent here, once, and leaves the address bar at once. */
import { Button, Center, Code, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { useSignIn } from '@/lib/hooks/useSession';

import { Logo } from './Logo';

/** The code of `/?code=…`; taken out of the address, so that it is neither bookmarked nor sent on. */
function takeCode(): string | null {
  const address = new URL(window.location.href);
  const code = address.searchParams.get('code');
  if (code !== null) {
    address.searchParams.delete('code');
    window.history.replaceState(window.history.state, '', address);
  }
  return code;
}

/** Spent once, however often this is drawn. */
let attempt: Promise<void> | undefined;

export function SignIn() {
  const signIn = useSignIn();
  const [busy, setBusy] = useState(() => new URL(window.location.href).searchParams.has('code'));
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    const code = takeCode();
    if (code !== null) attempt = signIn(code);
    attempt?.catch(setError).finally(() => setBusy(false));
  }, [signIn]);

  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder p="xl" w="100%" maw={440}>
        <Stack gap="md">
          <Logo />
          <Title order={1}>{busy ? 'Signing in…' : 'Sign in'}</Title>
          {error === null ? null : <ErrorNotice error={error} doing="sign in" />}
          <Text c="dimmed" aria-live="polite">
            {busy
              ? 'The link is being checked.'
              : 'Open the sign-in link that was printed when Varlor started. For a new one, run this where it runs:'}
          </Text>
          {busy ? null : <Code block>varlor signin</Code>}
          {busy ? null : (
            <Button variant="default" onClick={() => window.location.reload()}>
              I have signed in elsewhere: reload
            </Button>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}
