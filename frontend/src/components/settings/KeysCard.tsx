/** Which master key seals how many secrets; for the platform's operators. */
import { Paper, Table, Text, Title } from '@mantine/core';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { StatusBadge } from '@/components/ui/StatusBadge';
import { formatCount } from '@/lib/format';
import { useMasterKeys } from '@/lib/hooks/usePlatform';

export function KeysCard() {
  const { data: found, error } = useMasterKeys();
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="keys">
      <Title order={2} id="keys" mb={4}>
        Master keys
      </Title>
      <Text c="dimmed" fz="sm" mb="sm">
        Secrets are sealed under the newest key. An older key may be taken out of VARLOR_MASTER_KEYS once it seals none; <code>varlor keys rotate</code> seals them anew.
      </Text>
      {error ? <ErrorNotice error={error} doing="ask for the keys' state" /> : null}
      {found ? (
        <Table aria-label="Master keys">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Key</Table.Th>
              <Table.Th ta="right">Secrets sealed</Table.Th>
              <Table.Th>State</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.versions.map(({ version, secrets }) => (
              <Table.Tr key={version}>
                <Table.Td>{version}</Table.Td>
                <Table.Td ta="right" className="num">
                  {formatCount(secrets)}
                </Table.Td>
                <Table.Td>
                  {version === found.newest ? <StatusBadge status="active" word="Newest" /> : <StatusBadge status={secrets > 0 ? 'degraded' : 'none'} word={secrets > 0 ? 'Still needed' : 'No longer needed'} />}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ) : null}
    </Paper>
  );
}
