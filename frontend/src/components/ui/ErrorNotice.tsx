/** What failed, why, and what to do next; invalid fields by name. */
import { Alert, Button, List, Text, type AlertProps } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

import { ApiError, remedyOf } from '@/lib/api/problem';

interface Props extends Omit<AlertProps, 'title'> {
  error: unknown;
  /** What was tried, as in "Could not …". */
  doing: string;
  onRetry?: () => void;
}

export function ErrorNotice({ error, doing, onRetry, ...rest }: Props) {
  const fields = error instanceof ApiError ? error.fields : [];
  const why = error instanceof Error ? error.message : 'Something unforeseen happened.';
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} title={`Could not ${doing}`} role="alert" {...rest}>
      <Text fz="sm">
        {why} {remedyOf(error)}
      </Text>
      {fields.length === 0 ? null : (
        <List fz="sm" mt={4}>
          {fields.map(({ pointer, detail }) => (
            <List.Item key={pointer + detail}>
              <b>{fieldName(pointer)}</b>: {detail}
            </List.Item>
          ))}
        </List>
      )}
      {error instanceof ApiError && error.correlationId ? (
        <Text fz="xs" c="dimmed" mt={4}>
          For whoever runs the server: {error.correlationId}
        </Text>
      ) : null}
      {onRetry ? (
        <Button size="xs" variant="default" mt="xs" onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </Alert>
  );
}

/** `/fetch/dataset/name` → "fetch dataset name" */
function fieldName(pointer: string): string {
  return pointer.split('/').filter(Boolean).join(' ') || 'the whole request';
}
