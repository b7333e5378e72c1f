/** One run, live: how it stands, what it did, and what may be asked of it. */
import { Button, Grid, Paper, Skeleton, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';

import { RequestLog } from '@/components/runs/RequestLog';
import { RunControls } from '@/components/runs/RunControls';
import { RunFailure } from '@/components/runs/RunFailure';
import { RunNotes } from '@/components/runs/RunNotes';
import { RunNumbers } from '@/components/runs/RunNumbers';
import { RunTimeline } from '@/components/runs/RunTimeline';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { PageHeader } from '@/components/ui/PageHeader';
import { StatusBadge, wordOf } from '@/components/ui/StatusBadge';
import { TextLink } from '@/components/ui/links';
import type { Run } from '@/lib/api/client';
import { blocks } from '@/lib/api/problem';
import { useConnectorName, useDatasetName } from '@/lib/hooks/useNames';
import { useNow } from '@/lib/hooks/useNow';
import { useRun, useRunSeries } from '@/lib/hooks/useRuns';
import { useTemporalLink } from '@/lib/hooks/usePlatform';
import { hasEnded, placeOf, stateInWords } from '@/lib/runs';

const RunChart = lazy(() => import('@/components/runs/RunChart').then(({ RunChart }) => ({ default: RunChart })));
const route = getRouteApi('/runs/$runId');

export function RunPage() {
  const { runId } = route.useParams();
  const { data: run, error, refetch } = useRun(runId);
  if (blocks(error, run)) {
    return (
      <>
        <PageHeader title="Run" above={<TextLink to="/runs">Runs</TextLink>} />
        <ErrorNotice error={error} doing="open the run" onRetry={() => void refetch()} />
      </>
    );
  }
  if (!run) return <RunSkeleton />;
  return <OpenRun run={run} />;
}

function OpenRun({ run }: { run: Run }) {
  const series = useRunSeries(run.id).data ?? [];
  const datasetName = useDatasetName();
  const temporal = useTemporalLink(run.workflowId);
  return (
    <>
      <PageHeader
        title={datasetName(run.datasetId)}
        above={<TextLink to="/runs">Runs</TextLink>}
        badge={<StatusBadge status={run.status} />}
        text={<Words run={run} />}
        actions={
          <>
            <RunControls run={run} />
            {temporal ? (
              <Button component="a" variant="default" href={temporal} target="_blank" rel="noreferrer" rightSection={<IconExternalLink size={14} aria-hidden />}>
                Temporal Web
              </Button>
            ) : null}
          </>
        }
      />
      <Stack gap="lg">
        <RunFailure run={run} />
        <RunNumbers run={run} series={series} />
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 9 }}>
            <Paper withBorder p="md" h="100%">
              <Title order={2} mb="sm">
                Progress
              </Title>
              <Suspense fallback={<Skeleton h={224} />}>
                {series.length > 1 ? <RunChart points={series} /> : <NoChart run={run} />}
              </Suspense>
            </Paper>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 3 }}>
            <Paper withBorder p="md" h="100%">
              <RunTimeline run={run} />
            </Paper>
          </Grid.Col>
        </Grid>
        <RunNotes run={run} />
        <RequestLog run={run} />
      </Stack>
    </>
  );
}

function Words({ run }: { run: Run }) {
  const now = useNow();
  const connectorName = useConnectorName();
  return (
    <>
      {stateInWords(run, now)}{' '}
      {/* Spoken when the state changes; the words above change each second. */}
      <VisuallyHidden role="status">{wordOf(run.status)}</VisuallyHidden>
      <span>
        {placeOf(run)} of{' '}
        <TextLink to="/connectors/$connectorId" params={{ connectorId: run.connectorId }}>
          {connectorName(run.connectorId)}
        </TextLink>{' '}
        into{' '}
        <TextLink to="/datasets/$datasetId" params={{ datasetId: run.datasetId }}>
          its dataset
        </TextLink>
        .
      </span>
    </>
  );
}

function NoChart({ run }: { run: Run }) {
  return (
    <Text c="dimmed" fz="sm" h={224}>
      {hasEnded(run) ? 'No curve: the run was too short for one, or ended more than a day ago.' : 'The chart begins with the first pages.'}
    </Text>
  );
}

function RunSkeleton() {
  return (
    <Stack role="status" aria-label="Loading the run">
      <Skeleton h={30} w={280} />
      <Skeleton h={84} />
      <Skeleton h={270} />
    </Stack>
  );
}
