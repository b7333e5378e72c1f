import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';

import type { Connector } from '@/lib/api/client';
import { fromConnector } from '@/lib/connect/input';
import { useMay } from '@/lib/hooks/useSession';
import { useConnectorsStore } from '@/stores/connectors.store';

/** On to the wizard's last steps with this connector: choose records, make a dataset. */
export function ReadMoreButton({ connector }: { connector: Connector }) {
  const navigate = useNavigate();
  const editor = useMay('editor');
  const { begin, saved } = useConnectorsStore();
  return (
    <Button
      disabled={!editor}
      onClick={() => {
        begin(fromConnector(connector));
        saved(connector.id, '');
        void navigate({ to: '.', search: { connect: 'what', connector: connector.id } });
      }}
    >
      New dataset
    </Button>
  );
}
