import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';

import { useMay } from '@/lib/hooks/useSession';
import { useWizard } from '@/lib/hooks/useWizard';

/** Opens the wizard over whatever page this stands on; whoever may not create is told so. */
export function ConnectButton() {
  const { go } = useWizard();
  const may = useMay('editor');
  return (
    <Button leftSection={<IconPlus size={16} />} onClick={() => go('source')} disabled={!may} title={may ? undefined : 'Your role reads only.'}>
      Connect API
    </Button>
  );
}
