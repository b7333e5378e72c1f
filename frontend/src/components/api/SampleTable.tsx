import { ScrollArea, Table, Text } from '@mantine/core';

import type { Sample } from '@/lib/api/client';

/** At most twenty records; nulls are to be seen, nested values as JSON. */
export function SampleTable({ sample }: { sample: Sample }) {
  return (
    <ScrollArea.Autosize mah={320} type="auto" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Sample' }}>
      <Table fz="xs" withTableBorder stickyHeader aria-label="Sample">
        <Table.Thead>
          <Table.Tr>
            {sample.columns.map((column) => (
              <Table.Th key={column.name}>
                {column.name}
                <Text fz={10} c="dimmed" fw={400} truncate maw={120}>
                  {column.type}
                </Text>
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sample.rows.map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key - a sample never changes, and its rows have no key
            <Table.Tr key={index}>
              {sample.columns.map(({ name }) => (
                <Table.Td key={name} maw={220} style={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
                  {shown(row[name])}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}

function shown(value: unknown) {
  if (value === null || value === undefined) return <Text component="span" fz="xs" c="dimmed">null</Text>;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
