import { Button, CopyButton, Group, PasswordInput, TextInput } from '@mantine/core';

/** A value to take along, hidden until asked for where it is a secret. */
export function Copyable({ label, value, secret = false }: { label: string; value: string; secret?: boolean }) {
  const Field = secret ? PasswordInput : TextInput;
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <Field label={label} value={value} readOnly flex={1} />
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy} aria-label={`Copy: ${label}`}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
