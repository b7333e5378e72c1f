/** A state by colour, by shape and by word. */
import { Badge } from '@mantine/core';
import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconKey,
  IconLoader2,
  IconPencil,
  IconPlayerPause,
  IconPlugConnectedX,
  IconTrash,
  type Icon,
} from '@tabler/icons-react';

import classes from './StatusBadge.module.css';

type Look = readonly [word: string, color: string, icon: Icon];

const LOOKS = {
  queued: ['Queued', 'gray', IconClock],
  running: ['Running', 'indigo', IconLoader2],
  paused: ['Paused', 'gray', IconPlayerPause],
  throttled: ['Waiting', 'yellow', IconClock],
  waiting_auth: ['Waiting for sign-in', 'orange', IconKey],
  succeeded: ['Succeeded', 'green', IconCircleCheck],
  failed: ['Failed', 'red', IconCircleX],
  canceled: ['Canceled', 'gray', IconBan],
  draft: ['Draft', 'gray', IconPencil],
  needs_auth: ['Needs sign-in', 'yellow', IconKey],
  connected: ['Connected', 'green', IconCircleCheck],
  error: ['Error', 'red', IconAlertTriangle],
  needs_reauth: ['Reconnect', 'orange', IconKey],
  revoked: ['Revoked', 'gray', IconPlugConnectedX],
  deleting: ['Deleting', 'gray', IconTrash],
  active: ['Active', 'green', IconCircleCheck],
  refreshing: ['Refreshing', 'indigo', IconLoader2],
  degraded: ['Degraded', 'yellow', IconAlertTriangle],
  none: ['None', 'gray', IconBan],
  fresh: ['Fresh', 'green', IconCircleCheck],
  stale: ['Late', 'orange', IconAlertTriangle],
  up: ['Up', 'green', IconCircleCheck],
  down: ['Down', 'red', IconCircleX],
} as const satisfies Record<string, Look>;

export type Status = keyof typeof LOOKS;

export function StatusBadge({ status, word }: { status: Status; word?: string }) {
  const [own, color, Shape] = LOOKS[status];
  const turning = status === 'running' || status === 'refreshing';
  return (
    <Badge
      className={classes.badge}
      data-status={status}
      color={color}
      variant="light"
      tt="none"
      fw={500}
      leftSection={<Shape size={13} stroke={2} aria-hidden className={turning ? classes.turning : undefined} />}
    >
      {word ?? own}
    </Badge>
  );
}

/** Run and connector states in words, for sentences and filters. */
export function wordOf(status: Status): string {
  return LOOKS[status][0];
}
