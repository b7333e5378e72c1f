/** What is around the product: where Temporal Web is, and which keys seal the tenant's secrets. */
import { useQuery } from '@tanstack/react-query';

import { data, getMasterKeys, getPlatform, type Readiness } from '@/lib/api/client';
import { keys } from '@/lib/api/keys';

export function usePlatform() {
  return useQuery({ queryKey: keys.platform, queryFn: () => data(getPlatform()), staleTime: 60 * 60_000 });
}

/** A workflow's page in Temporal Web; null while that is not known. */
export function useTemporalLink(workflowId: string): string | null {
  const { data: platform } = usePlatform();
  if (!platform?.temporalWeb) return null;
  return `${platform.temporalWeb}/workflows/${encodeURIComponent(workflowId)}`;
}

/** Sealed secrets by master key; operators only. */
export function useMasterKeys() {
  return useQuery({ queryKey: keys.masterKeys, queryFn: () => data(getMasterKeys()) });
}

/** Which parts answer; what is down comes as a 503 with the same body. */
export function useReadiness() {
  return useQuery({
    queryKey: keys.readiness,
    queryFn: async (): Promise<Readiness> => (await fetch('/api/v2/health/ready')).json(),
    refetchInterval: 15_000,
  });
}
