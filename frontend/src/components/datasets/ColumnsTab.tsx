/** The columns and their types, in Delta's words. */
import { Code, Table, Text } from '@mantine/core';

import { EmptyState } from '@/components/ui/EmptyState';
import type { Dataset } from '@/lib/api/client';

export function ColumnsTab({ dataset }: { dataset: Dataset }) {
  const columns = dataset.columns ?? [];
  if (columns.length === 0) {
    return <EmptyState title="No columns yet" text="They are found in the first records that a run fetches." />;
  }
  return (
    <Table.ScrollContainer minWidth={320}>
      <Table aria-label="Columns">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Column</Table.Th>
            <Table.Th>Type</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {columns.map(({ name, type }) => (
            <Table.Tr key={name}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {name}
                {name.startsWith('_varlor_') ? (
                  <Text span c="dimmed" fz="xs">
                    {' '}
                    added by Varlor
                  </Text>
                ) : null}
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Code>{type}</Code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
