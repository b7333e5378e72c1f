/** Events that have not reached the dataset: those on their way, and those kept aside with their reason. */
import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';

import { ConfirmModal } from '@/components/ui/ConfirmModal';
import { DataTable, type Column } from '@/components/ui/DataTable';
import { EmptyState } from '@/components/ui/EmptyState';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { data, idempotencyKey, listInbox, replayEvent, rotateWebhookSecret, type Connector, type InboxEvent } from '@/lib/api/client';
import { keys } from '@/lib/api/keys';
import { formatBytes } from '@/lib/format';
import { useMay } from '@/lib/hooks/useSession';

import { SecretOnce } from './SecretOnce';

const EMPTY = {
  waiting: ['Nothing waits', 'Events that arrive become rows within moments.'],
  set_aside: ['Nothing is kept aside', 'An event that is no JSON object, say, is kept here with its reason.'],
} as const;

export function InboxTab({ connector }: { connector: Connector }) {
  const [status, setStatus] = useState<'waiting' | 'set_aside'>('waiting');
  const path = { connectorId: connector.id };
  const { data: pages, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: keys.connectors.inbox(connector.id, status),
    queryFn: ({ pageParam }) => data(listInbox({ path, query: { status, ...(pageParam ? { cursor: pageParam } : {}) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: 5_000,
  });
  const events = useMemo(() => pages?.pages.flatMap(({ items }) => items) ?? [], [pages]);
  const columns = useColumns(connector.id);

  return (
    <Stack gap="md">
      <Group justify="space-between">
        <SegmentedControl
          aria-label="Which events"
          value={status}
          onChange={(value) => setStatus(value as typeof status)}
          data={[
            { value: 'waiting', label: 'Waiting' },
            { value: 'set_aside', label: 'Kept aside' },
          ]}
        />
        <RotateSecret connector={connector} />
      </Group>
      {error === null ? null : <ErrorNotice error={error} doing="read the inbox" onRetry={() => void refetch()} />}
      {pages === undefined && error === null ? <TableSkeleton label="Loading the inbox" rows={4} /> : null}
      {pages !== undefined && events.length === 0 ? <EmptyState title={EMPTY[status][0]} text={EMPTY[status][1]} /> : null}
      {events.length === 0 ? null : (
        <DataTable label="Events" columns={columns} rows={events} rowKey={({ id }) => id} onEnd={() => hasNextPage && void fetchNextPage()} maxHeight="55dvh" />
      )}
    </Stack>
  );
}

function useColumns(connectorId: string): Column<InboxEvent>[] {
  const cache = useQueryClient();
  const editor = useMay('editor');
  const { mutate, variables, isPending } = useMutation({
    mutationFn: (eventId: string) => data(replayEvent({ path: { connectorId, eventId }, headers: idempotencyKey() })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.connectors.inboxes(connectorId) }),
  });
  return useMemo(
    () => [
      { id: 'event', header: 'Event', width: 'minmax(160px, 1fr)', narrow: 'title', render: ({ eventId }) => <Text fz="sm" ff="monospace" truncate>{eventId}</Text> },
      { id: 'reason', header: 'Reason', width: 'minmax(180px, 2fr)', render: ({ reason }) => <Text fz="sm" truncate title={reason ?? undefined}>{reason ?? 'on its way'}</Text> },
      { id: 'bytes', header: 'Size', width: '90px', align: 'right', render: ({ bytes }) => <span className="num">{formatBytes(bytes)}</span> },
      { id: 'time', header: 'Received', width: '110px', render: ({ receivedAt }) => <RelativeTime time={receivedAt} /> },
      {
        id: 'act',
        header: 'Act',
        width: '90px',
        render: ({ id, status }) =>
          status === 'set_aside' ? (
            <Button size="compact-xs" variant="default" disabled={!editor} loading={isPending && variables === id} onClick={() => mutate(id)}>
              Replay
            </Button>
          ) : null,
      },
    ],
    [editor, isPending, variables, mutate],
  );
}

function RotateSecret({ connector }: { connector: Connector }) {
  const admin = useMay('admin');
  const [asking, ask] = useDisclosure(false);
  const [made, setMade] = useState<string | null>(null);
  const rotate = async () => {
    const answer = await data(rotateWebhookSecret({ path: { connectorId: connector.id }, body: {}, headers: idempotencyKey() }));
    setMade(answer.webhookSecret);
    ask.close();
  };
  return (
    <>
      <Button variant="default" disabled={!admin} onClick={ask.open}>
        New secret
      </Button>
      <ConfirmModal opened={asking} onClose={ask.close} title="Make a new secret" act="Make it" onConfirm={rotate}>
        The old secret holds for one more day, so that the other side can be changed without losing an event.
      </ConfirmModal>
      <SecretOnce secret={made} onClose={() => setMade(null)} />
    </>
  );
}
