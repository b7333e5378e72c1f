import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';

import { keys } from '@/lib/api/keys';
import { apply } from '@/lib/hooks/useEvents';

it('asks again for a run that ends while its first answer is awaited', async () => {
  const cache = new QueryClient();
  const answers: ((run: unknown) => void)[] = [];
  const queryFn = () => new Promise((answer) => answers.push(answer));
  const stop = new QueryObserver(cache, { queryKey: keys.runs.one('r1'), queryFn }).subscribe(() => undefined);

  apply(cache, { type: 'run.finished', data: { runId: 'r1', status: 'succeeded', datasetId: 'd1' } });
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[0]?.({ status: 'running' });
  answers[1]?.({ status: 'succeeded' });

  await vi.waitFor(() => expect(cache.getQueryData(keys.runs.one('r1'))).toEqual({ status: 'succeeded' }));
  stop();
});
