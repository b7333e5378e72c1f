/** Asks before something goes: says what goes and what stays, and wants the name typed when data goes. */
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';

import { ErrorNotice } from './ErrorNotice';

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** The button's words, such as "Delete the dataset". */
  act: string;
  onConfirm: () => Promise<unknown>;
  /** The words of the way back. */
  keep?: string;
  /** What must be typed first. */
  name?: string;
}

export function ConfirmModal({ opened, onClose, title, children, act, keep = 'Keep it', onConfirm, name }: Props) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  /** What was typed or went wrong belongs to one asking. */
  function forget() {
    setTyped('');
    setError(null);
  }

  async function confirm() {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened={opened} onClose={onClose} onExitTransitionEnd={forget} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack
        gap="md"
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <Text component="div" fz="sm">
          {children}
        </Text>
        {name === undefined ? null : (
          <TextInput
            label={`To confirm, type ${name}`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
        )}
        {error === null ? null : <ErrorNotice error={error} doing={act.toLowerCase()} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {keep}
          </Button>
          <Button type="submit" color="red.8" loading={busy} disabled={name !== undefined && typed !== name}>
            {act}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
