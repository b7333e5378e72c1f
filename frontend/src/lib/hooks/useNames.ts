/** Names of connectors and datasets by id, for lists that carry ids alone. */
import { useQuery } from '@tanstack/react-query';

import { all } from '@/lib/api/all';
import { listConnectors, listDatasets, type Connector, type Dataset } from '@/lib/api/client';
import { keys } from '@/lib/api/keys';

export function useAllConnectors() {
  return useQuery({ queryKey: keys.connectors.every, queryFn: () => all<Connector>(listConnectors) });
}

export function useAllDatasets() {
  return useQuery({ queryKey: keys.datasets.every, queryFn: () => all<Dataset>(listDatasets) });
}

/** Answers a connector's name; its id while it is not known. */
export function useConnectorName(): (id: string | null | undefined) => string {
  return useNames(useAllConnectors().data);
}

export function useDatasetName(): (id: string | null | undefined) => string {
  return useNames(useAllDatasets().data);
}

function useNames(items: { id: string; name: string }[] | undefined) {
  return (id: string | null | undefined) => items?.find((item) => item.id === id)?.name ?? id ?? '—';
}
