import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconUser } from '@tabler/icons-react';

import type { SessionInfo } from '@/lib/api/client';
import { useSignOut } from '@/lib/hooks/useSession';

export function WhoMenu({ who }: { who: SessionInfo }) {
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account">
          <IconUser size={18} stroke={1.6} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Text px="sm" pt="xs" fw={500} truncate>
          {who.subject}
        </Text>
        <Text px="sm" pb="xs" fz="xs" c="dimmed">
          {who.tenantId ?? 'platform'} · {who.roles.join(', ')}
        </Text>
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
