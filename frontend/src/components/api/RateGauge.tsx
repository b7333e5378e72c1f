import { Progress, Stack, Text } from '@mantine/core';

import type { RateUse } from '@/lib/api/client';
import { formatDuration } from '@/lib/format';

/** How full the rate window is, and whether the API asked for silence. */
export function RateGauge({ use }: { use: RateUse | null }) {
  if (use === null) return <Text fz="sm">The rate window is away; fetches wait until it is back.</Text>;
  const share = Math.min((use.lastMinute / use.requestsPerMinute) * 100, 100);
  return (
    <Stack gap={6}>
      <Progress value={share} color={share >= 100 ? 'yellow' : undefined} aria-label="Requests in the last minute" />
      <Text fz="sm" className="num">
        {use.lastMinute} of {use.requestsPerMinute} requests in the last minute, {use.lastSecond} of {use.burstLimit} in the last second.
      </Text>
      {use.blockedFor > 0 ? <Text fz="sm">The API asked for silence for {formatDuration(use.blockedFor)} more.</Text> : null}
    </Stack>
  );
}
