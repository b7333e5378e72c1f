/** Who is signed in, as the session says. */
import { Badge, Group, Paper, Table, Title } from '@mantine/core';

import { RelativeTime } from '@/components/ui/RelativeTime';
import { useSession } from '@/lib/hooks/useSession';

const REACH: Record<string, string> = {
  viewer: 'reads',
  editor: 'reads, creates and runs',
  admin: 'reads, creates, runs, deletes, manages credentials and reads the audit',
  operator: "keeps the platform: keys and every tenant's health, no tenant's rows",
};

export function WhoCard() {
  const { data: who } = useSession();
  if (!who) return null;
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="who">
      <Title order={2} id="who" mb="sm">
        You
      </Title>
      <Table variant="vertical" layout="fixed" withRowBorders={false}>
        <Table.Tbody>
          <Table.Tr>
            <Table.Th w={130}>Signed in as</Table.Th>
            <Table.Td>{who.subject}</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Tenant</Table.Th>
            <Table.Td>{who.tenantId ?? 'none: this is an account of the platform'}</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Roles</Table.Th>
            <Table.Td>
              {who.roles.map((role) => (
                <Group key={role} gap="xs" mb={4}>
                  <Badge variant="default" tt="none">
                    {role}
                  </Badge>
                  {REACH[role]}
                </Group>
              ))}
            </Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Session ends</Table.Th>
            <Table.Td>
              <RelativeTime time={who.expiresAt} />
            </Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
