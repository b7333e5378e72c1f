/** Every request of a run, redacted; a failed one opens to what the API answered. */
import { Code, Group, NativeSelect, Text, Title, UnstyledButton } from '@mantine/core';
import { useState } from 'react';

import { DataTable, type Column } from '@/components/ui/DataTable';
import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import type { RequestLogEntry, Run } from '@/lib/api/client';
import { formatBytes, formatDuration } from '@/lib/format';
import { useRequests, type Which } from '@/lib/hooks/useRuns';
import { hasEnded } from '@/lib/runs';

import { RequestDetail } from './RequestDetail';

const CHOICES: { value: Which; label: string; none: string }[] = [
  { value: 'all', label: 'All requests', none: 'No request yet. They are written down a few seconds after they were made.' },
  { value: 'failed', label: 'Failed', none: 'No request failed.' },
  { value: '2xx', label: 'Answered well (2xx)', none: 'No request was answered well.' },
  { value: '429', label: 'Too many requests (429)', none: 'The API never asked for fewer requests.' },
  { value: '4xx', label: 'Refused (4xx)', none: 'No request was refused.' },
  { value: '5xx', label: 'The API failed (5xx)', none: 'The API never failed.' },
  { value: 'none', label: 'No answer', none: 'Every request was answered.' },
];

export function RequestLog({ run }: { run: Run }) {
  const [which, setWhich] = useState<Which>('all');
  const [opened, setOpened] = useState<RequestLogEntry | null>(null);
  const log = useRequests(run.id, which, !hasEnded(run));
  const rows = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-labelledby="requests">
      <Group justify="space-between" mb="xs">
        <Title order={2} id="requests">
          Requests
        </Title>
        <NativeSelect
          size="xs"
          aria-label="Which requests"
          value={which}
          onChange={(event) => setWhich(event.currentTarget.value as Which)}
          data={CHOICES.map(({ value, label }) => ({ value, label }))}
        />
      </Group>
      {log.error ? <ErrorNotice error={log.error} doing="read the log of requests" /> : null}
      {log.data === undefined && !log.error ? <TableSkeleton label="Loading the requests" rows={4} /> : null}
      {log.data && rows.length === 0 ? (
        <Text c="dimmed" fz="sm" py="md">
          {CHOICES.find(({ value }) => value === which)?.none}
        </Text>
      ) : null}
      {rows.length > 0 ? (
        <DataTable
          label="Log of requests"
          columns={columns(setOpened)}
          rows={rows}
          rowKey={(entry) => String(entry.seq)}
          onEnd={() => {
            if (log.hasNextPage && !log.isFetchingNextPage) void log.fetchNextPage();
          }}
          foot={log.hasNextPage ? 'Loading older requests' : null}
          maxHeight="440px"
        />
      ) : null}
      <RequestDetail entry={opened} onClose={() => setOpened(null)} />
    </section>
  );
}

function columns(open: (entry: RequestLogEntry) => void): Column<RequestLogEntry>[] {
  return [
    { id: 'time', header: 'Time', width: '90px', render: (entry) => <span className="num">{new Date(entry.time).toLocaleTimeString('en-GB')}</span> },
    { id: 'status', header: 'Answer', width: '90px', render: (entry) => <Answer entry={entry} /> },
    {
      id: 'url',
      header: 'Request',
      width: 'minmax(200px, 1fr)',
      narrow: 'title',
      render: (entry) => (
        <UnstyledButton onClick={() => open(entry)} fz="sm" title={entry.url}>
          <Code>{entry.method}</Code> {shortUrl(entry.url)}
        </UnstyledButton>
      ),
    },
    { id: 'attempt', header: 'Try', width: '60px', align: 'right', narrow: 'hide', render: (entry) => entry.attempt ?? 1 },
    { id: 'wait', header: 'Waited', width: '90px', align: 'right', render: (entry) => ((entry.waitMs ?? 0) >= 50 ? formatDuration((entry.waitMs ?? 0) / 1000) : '—') },
    { id: 'ms', header: 'Took', width: '90px', align: 'right', render: (entry) => `${entry.ms ?? 0} ms` },
    { id: 'bytes', header: 'Size', width: '90px', align: 'right', render: (entry) => formatBytes(entry.bytes ?? 0) },
  ];
}

function Answer({ entry }: { entry: RequestLogEntry }) {
  const good = entry.error === null && entry.status !== null && (entry.status ?? 0) < 400;
  return (
    <Text span fz="sm" className="num" c={good ? undefined : 'var(--mantine-color-error)'} fw={good ? 400 : 600}>
      {good ? entry.status : `✕ ${entry.status ?? 'none'}`}
    </Text>
  );
}

/** Path and query are what differs; the host is the same for all. */
function shortUrl(url: string): string {
  return url.replace(/^https?:\/\/[^/]+/, '') || url;
}
