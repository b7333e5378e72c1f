/** The moments of a run, in order. */
import { Timeline, Title } from '@mantine/core';

import { RelativeTime } from '@/components/ui/RelativeTime';
import type { Run } from '@/lib/api/client';
import { wordOf } from '@/components/ui/StatusBadge';
import { hasEnded } from '@/lib/runs';

export function RunTimeline({ run }: { run: Run }) {
  const moments = momentsOf(run);
  return (
    <section aria-labelledby="timeline">
      <Title order={2} id="timeline" mb="sm">
        Timeline
      </Title>
      <Timeline bulletSize={12} lineWidth={2} active={moments.length - 1} color="indigo">
        {moments.map(({ word, time }) => (
          <Timeline.Item key={word} title={word}>
            <RelativeTime time={time} none="now" />
          </Timeline.Item>
        ))}
      </Timeline>
    </section>
  );
}

function momentsOf(run: Run): { word: string; time: string | null | undefined }[] {
  const asked = run.origin === 'schedule' ? 'Started by its schedule' : 'Asked for';
  const moments = [{ word: asked, time: run.createdAt as string | null | undefined }];
  if (run.startedAt) moments.push({ word: 'First request', time: run.startedAt });
  if (hasEnded(run)) moments.push({ word: wordOf(run.status), time: run.finishedAt });
  else if (run.resumeAt) moments.push({ word: 'Goes on', time: run.resumeAt });
  else moments.push({ word: wordOf(run.status), time: null });
  return moments;
}
