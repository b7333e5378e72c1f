/** The newest messages, and what became of each. */
import { Table, Text, Title } from '@mantine/core';

import { RelativeTime } from '@/components/ui/RelativeTime';
import { StatusBadge, type Status } from '@/components/ui/StatusBadge';
import type { Notification } from '@/lib/api/client';
import { useDeliveries } from '@/lib/hooks/useNotifications';

const STATES: Record<Notification['status'], [Status, string]> = {
  delivered: ['succeeded', 'Delivered'],
  pending: ['queued', 'On its way'],
  failed: ['failed', 'Given up'],
  unsent: ['none', 'Not wanted'],
};

export function Deliveries() {
  const { data: messages } = useDeliveries(true);
  if (!messages || messages.length === 0) return null;
  return (
    <section aria-labelledby="messages">
      <Title order={3} id="messages" fz="md" mt="lg" mb="xs">
        Newest messages
      </Title>
      <Table.ScrollContainer minWidth={420}>
        <Table aria-label="Newest messages">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Event</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th ta="right">Tries</Table.Th>
              <Table.Th>When</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {messages.map((message) => (
              <Table.Tr key={message.id}>
                <Table.Td>
                  {message.type}
                  {message.error ? (
                    <Text fz="xs" c="dimmed">
                      {message.error}
                    </Text>
                  ) : null}
                </Table.Td>
                <Table.Td>
                  <StatusBadge status={STATES[message.status][0]} word={STATES[message.status][1]} />
                </Table.Td>
                <Table.Td ta="right" className="num">
                  {message.attempts ?? 0}
                </Table.Td>
                <Table.Td>
                  <RelativeTime time={message.createdAt} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}
