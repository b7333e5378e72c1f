import { Button, Stack, Text } from '@mantine/core';

import { Copyable } from './Copyable';

interface Props {
  address: string | null | undefined;
  onSave: () => void;
  saving: boolean;
}

/** What must be registered at the provider, to the letter, before anybody connects. */
export function RedirectAddress({ address, onSave, saving }: Props) {
  if (!address) {
    return (
      <Stack gap={4} align="flex-start">
        <Text fz="sm">The provider must know the address it sends people back to. It belongs to this connector alone.</Text>
        <Button variant="default" size="xs" onClick={onSave} loading={saving}>
          Save, and show the redirect address
        </Button>
      </Stack>
    );
  }
  return (
    <Copyable label="Redirect address to register at the provider" value={address} />
  );
}
