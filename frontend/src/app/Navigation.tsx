/** Where one can go. */
import { NavLink } from '@mantine/core';
import { IconCalendarClock, IconDatabase, IconPlayerPlay, IconPlugConnected, IconSettings } from '@tabler/icons-react';
import { Link, useRouterState } from '@tanstack/react-router';

const PLACES = [
  { to: '/', label: 'Datasets', icon: IconDatabase, under: '/datasets' },
  { to: '/connectors', label: 'Connectors', icon: IconPlugConnected, under: '/connectors' },
  { to: '/runs', label: 'Runs', icon: IconPlayerPlay, under: '/runs' },
  { to: '/schedules', label: 'Schedules', icon: IconCalendarClock, under: '/schedules' },
  { to: '/settings', label: 'Settings', icon: IconSettings, under: '/settings' },
] as const;

export function Navigation({ onGo }: { onGo: () => void }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav aria-label="Main">
      {PLACES.map(({ to, label, icon: Icon, under }) => {
        const here = path === to || path.startsWith(under);
        return (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={label}
            leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
            active={here}
            aria-current={here ? 'page' : undefined}
            onClick={onGo}
            mb={2}
            // The tint says where one is; its own colour for the words is too faint under the pointer.
            style={{ borderRadius: 'var(--mantine-radius-md)', color: 'var(--mantine-color-text)' }}
          />
        );
      })}
    </nav>
  );
}
