/** A table's shape before its rows are there. */
import { Skeleton, Stack } from '@mantine/core';

export function TableSkeleton({ label, rows = 8 }: { label: string; rows?: number }) {
  return (
    <Stack gap={1} role="status" aria-label={label}>
      <Skeleton h={34} radius="md" />
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} h={43} radius="sm" />
      ))}
    </Stack>
  );
}
