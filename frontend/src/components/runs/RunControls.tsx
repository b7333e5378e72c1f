/** What may be asked of a run: pause, resume, cancel, and a lower rate. */
import { Button, Group, NumberInput, Popover, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { ConfirmModal } from '@/components/ui/ConfirmModal';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { Run } from '@/lib/api/client';
import { useStartReading } from '@/lib/hooks/useConnectors';
import { useRunAct } from '@/lib/hooks/useRuns';
import { useMay } from '@/lib/hooks/useSession';
import { hasEnded } from '@/lib/runs';

export function RunControls({ run }: { run: Run }) {
  const act = useRunAct(run.id);
  const may = useMay('editor');
  const [canceling, setCanceling] = useState(false);
  if (!may) return null;
  if (hasEnded(run)) return run.origin === 'webhook' ? null : <AgainButton run={run} />;
  if (act.isSuccess && act.variables === 'cancel') return <Text role="status">Canceling: it ends after its open page.</Text>;
  const paused = run.status === 'paused';
  const keeps = run.request.dataset.writeMode === 'append';
  return (
    <>
      <Button variant="default" loading={act.isPending} onClick={() => act.mutate(paused ? 'resume' : 'pause')}>
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <RateButton run={run} />
      <Button variant="default" onClick={() => setCanceling(true)}>
        Cancel the run
      </Button>
      {act.error ? <ErrorNotice error={act.error} doing={paused ? 'resume the run' : 'pause the run'} /> : null}
      <ConfirmModal
        opened={canceling}
        onClose={() => setCanceling(false)}
        title="Cancel this run"
        act="Cancel the run"
        keep="Let it run"
        onConfirm={() => act.mutateAsync('cancel').then(() => setCanceling(false))}
      >
        The run ends after its open page. {keeps ? 'Rows up to then stay in the dataset.' : 'The dataset stays as it was before this run.'} It cannot be resumed; a new fetch begins anew.
      </ConfirmModal>
    </>
  );
}

/** The same request once more, as a run of its own: what most failures ask for when their cause is mended. */
function AgainButton({ run }: { run: Run }) {
  const start = useStartReading(run.connectorId);
  const navigate = useNavigate();
  const fetch = { ...run.request, dataset: { ...run.request.dataset, id: run.datasetId, name: null } }; // it may be renamed by now
  return (
    <>
      <Button
        variant="default"
        loading={start.isPending}
        onClick={() =>
          start.mutate(
            { fetch, schedule: null },
            { onSuccess: ({ runId }) => void navigate({ to: '/runs/$runId', params: { runId }, search: {} }) },
          )
        }
      >
        Fetch again
      </Button>
      {start.error ? <ErrorNotice error={start.error} doing="fetch again" /> : null}
    </>
  );
}

function RateButton({ run }: { run: Run }) {
  const act = useRunAct(run.id);
  const [open, setOpen] = useState(false);
  const [rate, setRate] = useState<number | string>(run.requestsPerMinute ?? '');
  const change = (requestsPerMinute: number | null) => act.mutate({ requestsPerMinute }, { onSuccess: () => setOpen(false) });
  return (
    <Popover opened={open} onChange={setOpen} trapFocus position="bottom-end" width={300} shadow="md">
      <Popover.Target>
        <Button variant="default" onClick={() => setOpen((was) => !was)}>
          Rate
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack
          gap="sm"
          component="form"
          onSubmit={(event) => {
            event.preventDefault();
            change(Number(rate));
          }}
        >
          <NumberInput label="Requests a minute, at most" description="Lowers this run's share; it can never pass the connector's own rate." min={1} max={100_000} value={rate} onChange={setRate} />
          {act.error ? <ErrorNotice error={act.error} doing="change the rate" /> : null}
          <Group justify="space-between">
            <Button variant="subtle" size="xs" onClick={() => change(null)}>
              Full rate
            </Button>
            <Button type="submit" size="xs" loading={act.isPending} disabled={typeof rate !== 'number'}>
              Set the rate
            </Button>
          </Group>
          <Text fz="xs" c="dimmed">
            It counts from the next request on.
          </Text>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
