import { Alert, Modal, Stack, Text } from '@mantine/core';

import { Copyable } from './Copyable';

/** A secret that is shown this once. */
export function SecretOnce({ secret, onClose }: { secret: string | null; onClose: () => void }) {
  return (
    <Modal opened={secret !== null} onClose={onClose} title="The new secret" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        <Copyable label="Secret" value={secret ?? ''} secret />
        <Alert color="yellow" title="Copy it now">
          <Text fz="sm">It is sealed and never shown again.</Text>
        </Alert>
      </Stack>
    </Modal>
  );
}
