/** The moments of a run, in order, with what held it up. */
import { Text, Timeline, Title } from '@mantine/core';

import { RelativeTime } from '@/components/ui/RelativeTime';
import type { Run } from '@/lib/api/client';
import { wordOf } from '@/components/ui/StatusBadge';
import { toHindrances } from '@/lib/hindrances';
import { useRequests } from '@/lib/hooks/useRuns';
import { hasEnded } from '@/lib/runs';

const MOST = 6; // hindrances; the log of requests has them all

export function RunTimeline({ run }: { run: Run }) {
  const failed = useRequests(run.id, 'failed', !hasEnded(run)).data?.pages[0]?.items ?? [];
  const hindrances = toHindrances(failed);
  const moments = momentsOf(run);
  moments.splice(-1, 0, ...hindrances.slice(-MOST).map(({ words, times, first, last }) => ({ word: words, time: first, times, last })));
  return (
    <section aria-labelledby="timeline">
      <Title order={2} id="timeline" mb="sm">
        Timeline
      </Title>
      <Timeline bulletSize={12} lineWidth={2} active={moments.length - 1} color="indigo">
        {moments.map(({ word, time, times, last }) => (
          <Timeline.Item key={word + time} title={word} color={times ? 'orange' : 'indigo'}>
            <RelativeTime time={time} none="now" />
            {times && times > 1 ? (
              <Text fz="xs" c="dimmed">
                {times} requests, until <RelativeTime time={last} />
              </Text>
            ) : null}
          </Timeline.Item>
        ))}
      </Timeline>
      {hindrances.length > MOST ? (
        <Text fz="xs" c="dimmed" mt="xs">
          Earlier ones are in the log of requests.
        </Text>
      ) : null}
    </section>
  );
}

interface Moment {
  word: string;
  time: string | null | undefined;
  /** Of a hindrance: how many requests it met, and when the last one was. */
  times?: number;
  last?: string;
}

function momentsOf(run: Run): Moment[] {
  const asked = run.origin === 'schedule' ? 'Started by its schedule' : 'Asked for';
  const moments: Moment[] = [{ word: asked, time: run.createdAt }];
  if (run.startedAt) moments.push({ word: 'First request', time: run.startedAt });
  if (hasEnded(run)) moments.push({ word: wordOf(run.status), time: run.finishedAt });
  else if (run.resumeAt) moments.push({ word: 'Goes on', time: run.resumeAt });
  else moments.push({ word: wordOf(run.status), time: null });
  return moments;
}
