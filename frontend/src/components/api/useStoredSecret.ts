import { useConnector } from '@/lib/hooks/useConnectors';
import { useConnectorsStore } from '@/stores/connectors.store';

/** Whether the server already has this connector's credential, of the kind that is chosen now. */
export function useStoredSecret(): boolean {
  const { savedId, draft } = useConnectorsStore();
  const { data: connector } = useConnector(savedId);
  return (connector?.hasCredential ?? false) && connector?.authType === draft.authType;
}
