/** The way in: the identity provider where there is one, else a one-time link whose code is spent here. */
import { Alert, Button, Center, Code, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { useSignIn } from '@/lib/hooks/useSession';

import { Logo } from './Logo';

/** Why the identity provider's sign-in came to nothing (`/?signIn=…`), and what to do. */
const REASONS: Readonly<Record<string, string>> = {
  denied: 'The sign-in was declined at your organization.',
  no_role: 'Your account has no role here. Ask whoever runs Varlor to give it one.',
  refused: 'Your organization’s answer could not be used. Try again; if it stays, whoever runs Varlor finds why in the API’s log.',
  unavailable: 'Your organization’s sign-in does not answer now. Try again in a minute.',
  wrong_browser: 'The sign-in was begun in another browser, or too long ago. Start again here.',
};

/** Spent once, however often this is drawn. */
let attempt: Promise<void> | undefined;

export function SignIn() {
  const signIn = useSignIn();
  const [reason] = useState(() => given('signIn'));
  const [busy, setBusy] = useState(() => given('code') !== null);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    const code = given('code');
    window.history.replaceState(window.history.state, '', here());
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
          {reason === null ? null : (
            <Alert color="red" variant="light" role="alert" title="Not signed in">
              {REASONS[reason] ?? REASONS['refused']}
            </Alert>
          )}
          {busy ? <Said>The link is being checked.</Said> : byProvider() ? <ByProvider /> : <ByLink />}
        </Stack>
      </Paper>
    </Center>
  );
}

function ByProvider() {
  return (
    <>
      <Said>Varlor knows you by your organization’s account.</Said>
      <Button component="a" href={`/api/v2/session/oidc?${new URLSearchParams({ returnTo: here() })}`}>
        Sign in with your organization
      </Button>
    </>
  );
}

function ByLink() {
  return (
    <>
      <Said>Open the sign-in link that was printed when Varlor started. For a new one, run this where it runs:</Said>
      <Code block>varlor signin</Code>
      <Button variant="default" onClick={() => window.location.reload()}>
        I have signed in elsewhere: reload
      </Button>
    </>
  );
}

function Said({ children }: { children: ReactNode }) {
  return (
    <Text c="dimmed" aria-live="polite">
      {children}
    </Text>
  );
}

/** Whether the server's users sign in at an identity provider; the server writes it into the page. */
function byProvider(): boolean {
  return document.querySelector<HTMLMetaElement>('meta[name="varlor-sign-in"]')?.content === 'oidc';
}

function given(name: string): string | null {
  return new URL(window.location.href).searchParams.get(name);
}

/** Where the browser is, without what is told once: a code is neither bookmarked nor sent on. */
function here(): string {
  const { pathname, searchParams } = new URL(window.location.href);
  for (const once of ['code', 'signIn']) searchParams.delete(once);
  return searchParams.size > 0 ? `${pathname}?${searchParams}` : pathname;
}
