import { Group, Text } from '@mantine/core';

export function Logo() {
  return (
    <Group gap={8} wrap="nowrap">
      <img src="/favicon.svg" alt="" width={22} height={22} />
      <Text fw={650} fz="md" lts="-0.01em">
        Varlor
      </Text>
    </Group>
  );
}
