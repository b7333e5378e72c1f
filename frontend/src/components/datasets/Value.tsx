/** One value of a row; what is missing is seen to be missing. */
import { Text } from '@mantine/core';

export function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) {
    return (
      <Text span fz="xs" c="dimmed" fs="italic">
        null
      </Text>
    );
  }
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return <span title={text}>{text === '' ? '“”' : text}</span>;
}
