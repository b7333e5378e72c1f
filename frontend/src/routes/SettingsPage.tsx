/** Who one is, how the stack and its keys are, and where news go. */
import { Stack } from '@mantine/core';

import { KeysCard } from '@/components/settings/KeysCard';
import { PartsCard } from '@/components/settings/PartsCard';
import { WebhookCard } from '@/components/settings/WebhookCard';
import { WhoCard } from '@/components/settings/WhoCard';
import { PageHeader } from '@/components/ui/PageHeader';
import { useMay } from '@/lib/hooks/useSession';

export function SettingsPage() {
  const admin = useMay('admin');
  const operator = useMay('operator');
  return (
    <>
      <PageHeader title="Settings" />
      <Stack gap="lg" maw={760}>
        <WhoCard />
        {admin ? <WebhookCard /> : null}
        {operator ? <KeysCard /> : null}
        <PartsCard />
      </Stack>
    </>
  );
}
