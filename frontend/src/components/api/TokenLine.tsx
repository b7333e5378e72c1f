/** A token's life as a line: from now over the next refresh to its end. */
import { Group, Stack, Text } from '@mantine/core';

import { RelativeTime } from '@/components/ui/RelativeTime';
import { StatusBadge } from '@/components/ui/StatusBadge';
import type { TokenState } from '@/lib/api/client';
import { useNow } from '@/lib/hooks/useNow';

import classes from './Connector.module.css';

const WORDS: Record<string, string> = {
  active: 'It is renewed by itself before it expires.',
  refreshing: 'It is being renewed.',
  degraded: 'The provider does not answer. It is tried again; syncs go on while the token lives.',
  needs_reauth: 'The provider refused to renew it. Connect again; waiting syncs go on at the same page.',
  revoked: 'It was given back. Connect again to go on.',
  none: 'There is no token yet.',
};

export function TokenLine({ token }: { token: TokenState }) {
  const now = useNow().getTime();
  const ends = token.expiresAt ? Date.parse(token.expiresAt) : null;
  const refresh = token.nextRefreshAt ? Date.parse(token.nextRefreshAt) : null;
  const span = Math.max((ends ?? now) - now, 1);
  const at = refresh === null ? null : Math.min(Math.max((refresh - now) / span, 0), 1);
  const status = token.status ?? 'none';
  return (
    <Stack gap={6}>
      <Group gap="xs">
        <StatusBadge status={status} />
        <Text fz="sm">{WORDS[status]}</Text>
      </Group>
      {ends === null ? null : (
        <>
          <div className={classes.line} aria-hidden>
            {at === null ? null : <span className={classes.mark} style={{ insetInlineStart: `${at * 100}%` }} />}
          </div>
          <Group justify="space-between" fz="sm">
            <Text fz="sm" c="dimmed">
              Now
            </Text>
            {refresh === null ? null : (
              <Text fz="sm">
                Next refresh <RelativeTime time={token.nextRefreshAt} />
              </Text>
            )}
            <Text fz="sm">
              {ends > now ? 'Expires ' : 'Expired '}
              <RelativeTime time={token.expiresAt} />
            </Text>
          </Group>
        </>
      )}
      {token.scopes?.length ? (
        <Text fz="xs" c="dimmed">
          Scopes: {token.scopes.join(', ')}
        </Text>
      ) : null}
    </Stack>
  );
}
