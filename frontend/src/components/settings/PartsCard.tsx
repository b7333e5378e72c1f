/** The parts of the stack and whether each answers. */
import { Group, Paper, Text, Title } from '@mantine/core';

import { StatusBadge } from '@/components/ui/StatusBadge';
import { useReadiness } from '@/lib/hooks/usePlatform';

export function PartsCard() {
  const { data: readiness } = useReadiness();
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="parts">
      <Title order={2} id="parts" mb="sm">
        Parts
      </Title>
      {Object.entries(readiness?.parts ?? {}).map(([name, { state }]) => (
        <Group key={name} justify="space-between" py={4}>
          <Text>{name}</Text>
          <StatusBadge status={state} />
        </Group>
      ))}
    </Paper>
  );
}
