/** The wizard's connector: saved when something first needs it, and saved again when its form has changed. */
import { useCallback } from 'react';

import type { Connector } from '@/lib/api/client';
import type { Secrets } from '@/lib/connect/draft';
import { NO_SECRETS } from '@/lib/connect/draft';
import { filled, toConnector } from '@/lib/connect/input';
import { useConnectorsStore } from '@/stores/connectors.store';

import { useSaveConnector } from './useConnectors';

export function useDraftConnector() {
  const save = useSaveConnector();
  const savedId = useConnectorsStore((state) => state.savedId);
  const { mutateAsync } = save;

  const ensureSaved = useCallback(async (): Promise<{ id: string; connector: Connector | null }> => {
    const { draft, secrets, savedId: id, savedAs, saved } = useConnectorsStore.getState();
    const as = JSON.stringify(toConnector(filled(draft), NO_SECRETS));
    if (id !== null && as === savedAs && !holds(secrets)) return { id, connector: null };
    const body = toConnector(filled(draft), secrets);
    const connector = await mutateAsync({ id, body: id === null ? body : withoutFixed(body) });
    saved(connector.id, as);
    return { id: connector.id, connector };
  }, [mutateAsync]);

  return { savedId, ensureSaved, saving: save.isPending, error: save.error };
}

function holds(secrets: Secrets): boolean {
  return Object.values(secrets).some((secret) => secret !== '');
}

/** What a stored connector keeps for good. */
function withoutFixed<T extends { apiType?: unknown; presetId?: unknown }>(body: T): T {
  const { apiType: _type, presetId: _preset, ...rest } = body;
  return rest as T;
}
