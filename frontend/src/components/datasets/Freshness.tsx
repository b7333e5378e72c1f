import { Progress, Stack } from '@mantine/core';

import { RelativeTime } from '@/components/ui/RelativeTime';
import { StatusBadge } from '@/components/ui/StatusBadge';
import type { Dataset } from '@/lib/api/client';
import { formatDuration } from '@/lib/format';

/** When a dataset was last brought up to date; with a promise, how much of the promised age is used up. */
export function Freshness({ dataset }: { dataset: Dataset }) {
  const { freshness, refreshedAt, updatedAt } = dataset;
  const time = <RelativeTime time={refreshedAt ?? updatedAt} />;
  if (!freshness) return time;
  const promise = `Promised: not older than ${formatDuration(freshness.maxAge)}`;
  return (
    <Stack gap={3} align="stretch" title={promise}>
      {freshness.stale ? <StatusBadge status="stale" word={`Late, ${formatDuration(freshness.age)} old`} /> : time}
      <Progress.Root size={4}>
        <Progress.Section
          value={Math.min(Math.max(freshness.age / freshness.maxAge, 0.02), 1) * 100}
          color={freshness.stale ? 'orange' : 'green'}
          aria-label={promise}
        />
      </Progress.Root>
    </Stack>
  );
}
