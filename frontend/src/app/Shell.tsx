/** Navigation, theme and identity around the pages; live events arrive here once for all of them. */
import { AppShell, Burger, Group, ScrollArea, Skeleton, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';

import type { SessionInfo } from '@/lib/api/client';
import { useEvents } from '@/lib/hooks/useEvents';

import { LiveNotice } from './LiveNotice';
import { Logo } from './Logo';
import { Navigation } from './Navigation';
import { ThemeToggle } from './ThemeToggle';
import { WhoMenu } from './WhoMenu';
import classes from './Shell.module.css';

export function Shell({ who, children }: { who: SessionInfo; children: ReactNode }) {
  const [open, { toggle, close }] = useDisclosure(false);
  useEvents();
  return (
    <AppShell
      header={{ height: 52, collapsed: false }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding={0}
      transitionDuration={0}
    >
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" aria-expanded={open} />
            <Logo />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LiveNotice />
            <ThemeToggle />
            <WhoMenu who={who} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" component="div">
        <ScrollArea>
          <Navigation onGo={close} />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <div className={classes.page}>{children}</div>
      </AppShell.Main>
    </AppShell>
  );
}

/** The same frame before it is known who looks at it: nothing moves when it is. */
export function ShellSkeleton() {
  return (
    <Stack p="md" gap="md" aria-busy="true" aria-label="Loading">
      <Skeleton h={24} w={110} />
      <Skeleton h={32} w={260} mt="lg" />
      <Skeleton h={280} />
    </Stack>
  );
}
