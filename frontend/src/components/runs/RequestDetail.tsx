import { Code, Drawer, Stack, Table, Text } from '@mantine/core';

import type { RequestLogEntry } from '@/lib/api/client';
import { formatBytes, formatDuration, formatExact } from '@/lib/format';

export function RequestDetail({ entry, onClose }: { entry: RequestLogEntry | null; onClose: () => void }) {
  return (
    <Drawer opened={entry !== null} onClose={onClose} position="right" title="Request" closeButtonProps={{ 'aria-label': 'Close' }}>
      {entry === null ? null : (
        <Stack>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {entry.method} {entry.url}
          </Code>
          <Facts facts={facts(entry)} width={110} />
          {entry.headers ? (
            <>
              <Text fw={500}>Headers of the answer</Text>
              <Facts facts={Object.entries(entry.headers)} width={170} />
            </>
          ) : null}
          {entry.answer ? (
            <>
              <Text fw={500}>What came back</Text>
              {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex - what scrolls must be reachable by keyboard */}
              <Code block tabIndex={0} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                {entry.answer}
              </Code>
              <Text fz="xs" c="dimmed">
                Redacted, and cut when long. Headers and answers are kept for failed requests alone.
              </Text>
            </>
          ) : null}
        </Stack>
      )}
    </Drawer>
  );
}

function Facts({ facts, width }: { facts: [string, string][]; width: number }) {
  return (
    <Table variant="vertical" layout="fixed">
      <Table.Tbody>
        {facts.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={width}>{name}</Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function facts(entry: RequestLogEntry): [string, string][] {
  return [
    ['When', formatExact(new Date(entry.time))],
    ['Answer', entry.status ? String(entry.status) : 'none'],
    ['Problem', entry.error ?? 'none'],
    ['Try', String(entry.attempt ?? 1)],
    ['Took', `${entry.ms ?? 0} ms`],
    ['Waited', entry.waitMs ? `${formatDuration(entry.waitMs / 1000)} for the rate limit` : 'not at all'],
    ['Size', formatBytes(entry.bytes ?? 0)],
  ];
}
