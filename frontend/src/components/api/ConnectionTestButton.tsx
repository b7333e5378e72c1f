/** Tests the connection and tells the outcome to whoever shows it; the other side has 30 seconds. */
import { Button, Group, Text } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import type { ComponentProps } from 'react';

import type { CheckRequestWritable, CheckResult } from '@/lib/api/client';
import { useTestConnection } from '@/lib/hooks/useConnectors';

interface Props extends Omit<ComponentProps<typeof Button<'button'>>, 'onClick' | 'onError'> {
  /** What to test; a function, so that secrets are read only when the button is pressed. */
  request: () => CheckRequestWritable | Promise<CheckRequestWritable>;
  onResult: (result: CheckResult) => void;
  onError: (error: unknown) => void;
}

export function ConnectionTestButton({ request, onResult, onError, children, ...rest }: Props) {
  const { mutate, isPending } = useTestConnection();
  return (
    <Group gap="sm">
      <Button
        leftSection={<IconPlugConnected size={16} />}
        loading={isPending}
        onClick={() => mutate(request, { onSuccess: onResult, onError })}
        {...rest}
      >
        {children ?? 'Test the connection'}
      </Button>
      <Text fz="sm" c="dimmed" role="status">
        {isPending ? 'The API is being asked. It has half a minute; you need not wait.' : null}
      </Text>
    </Group>
  );
}
