/** The commits of the table's log, newest first, and the run that made each. */
import { Table } from '@mantine/core';

import { EmptyState } from '@/components/ui/EmptyState';
import { RelativeTime } from '@/components/ui/RelativeTime';
import { TextLink } from '@/components/ui/links';
import type { Dataset } from '@/lib/api/client';

export function VersionsTab({ dataset }: { dataset: Dataset }) {
  const versions = dataset.versions ?? [];
  if (versions.length === 0) {
    return <EmptyState title="No version yet" text="Each checkpoint of a run becomes a version of the table." />;
  }
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table aria-label="Versions">
        <Table.Thead>
          <Table.Tr>
            <Table.Th ta="right" w={90}>
              Version
            </Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th>When</Table.Th>
            <Table.Th>By</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {versions.map(({ version, operation, committedAt, runId }) => (
            <Table.Tr key={version}>
              <Table.Td ta="right" className="num">
                {version}
              </Table.Td>
              <Table.Td>{operation}</Table.Td>
              <Table.Td>
                <RelativeTime time={committedAt} />
              </Table.Td>
              <Table.Td>
                {runId ? (
                  <TextLink to="/runs/$runId" params={{ runId }}>
                    Open the run
                  </TextLink>
                ) : (
                  '—'
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
