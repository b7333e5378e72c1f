/** What a run has done, in three numbers. */
import { Group, Paper, SimpleGrid, Text } from '@mantine/core';

import type { Run } from '@/lib/api/client';
import { formatBytes, formatCount } from '@/lib/format';
import { useNow } from '@/lib/hooks/useNow';
import { hasEnded, readSoFar, secondsOf } from '@/lib/runs';
import { rateNow, type Point } from '@/lib/series';

export function RunNumbers({ run, series }: { run: Run; series: Point[] }) {
  const now = useNow();
  const { rows, pages, pending } = readSoFar(run);
  const kept = pending > 0 ? `${formatCount(pending)} of them on their way into the dataset` : `${formatBytes(run.bytes ?? 0)} in ${formatCount(pages)} pages`;
  const seconds = secondsOf(run, now);
  const overall = seconds > 0 ? rows / seconds : 0;
  const rate = hasEnded(run) ? overall : run.status === 'running' ? (rateNow(series) ?? overall) : 0;
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      <Number label="Rows" value={formatCount(rows)} note={kept} />
      <Number label="Requests" value={formatCount(run.requests ?? 0)} note={run.retries ? `${formatCount(run.retries)} repeated` : 'none repeated'} />
      <Number
        label={hasEnded(run) ? 'Rows a second, on average' : 'Rows a second, now'}
        value={formatCount(Math.round(rate))}
        note={run.requestsPerMinute ? `held to ${formatCount(run.requestsPerMinute)} requests a minute` : "at the connector's full rate"}
      />
    </SimpleGrid>
  );
}

function Number({ label, value, note }: { label: string; value: string; note: string }) {
  return (
    <Paper withBorder px="md" py="sm">
      <Text fz="xs" c="dimmed" fw={500}>
        {label}
      </Text>
      <Group gap={8} align="baseline" justify="space-between">
        <Text className="num" fz={26} fw={600} lh={1.25} data-testid={label}>
          {value}
        </Text>
        <Text fz="xs" c="dimmed" className="num">
          {note}
        </Text>
      </Group>
    </Paper>
  );
}
