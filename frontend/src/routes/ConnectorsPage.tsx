import { ConnectButton } from '@/components/api/ConnectButton';
import { ConnectorConfigList } from '@/components/api/ConnectorConfigList';
import { PageHeader } from '@/components/ui/PageHeader';

export function ConnectorsPage() {
  return (
    <>
      <PageHeader title="Connectors" text="Where APIs are, and who you are to them." actions={<ConnectButton />} />
      <ConnectorConfigList />
    </>
  );
}
