/** What kind of API it is, or which well-known one. */
import { SimpleGrid, Stack, Text, TextInput, Title, UnstyledButton } from '@mantine/core';
import { IconApi, IconBrandGraphql, IconWebhook, type Icon } from '@tabler/icons-react';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { data, getPreset } from '@/lib/api/client';
import type { ApiType } from '@/lib/connect/draft';
import { fromPreset } from '@/lib/connect/input';
import { usePresets } from '@/lib/hooks/useConnectors';
import { useWizard } from '@/lib/hooks/useWizard';
import { useConnectorsStore } from '@/stores/connectors.store';

import classes from './Wizard.module.css';

const KINDS: [ApiType, string, string, Icon][] = [
  ['rest', 'REST API', 'JSON, CSV or lines over HTTP, page by page', IconApi],
  ['graphql', 'GraphQL', 'Queries, found from the schema or your own', IconBrandGraphql],
  ['webhook', 'Webhook', 'The other side sends events to an address here', IconWebhook],
];

export function SourceStep() {
  const { go } = useWizard();
  const { draft, savedId, begin } = useConnectorsStore();

  function choose(apiType: ApiType) {
    if (draft.apiType !== apiType || draft.presetId !== null || savedId !== null) begin({ apiType });
    go('where');
  }

  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {KINDS.map(([kind, name, text, Shape]) => (
          <UnstyledButton key={kind} className={classes.choice} onClick={() => choose(kind)}>
            <Shape size={22} aria-hidden />
            <Text fw={600}>{name}</Text>
            <Text fz="sm" c="dimmed">
              {text}
            </Text>
          </UnstyledButton>
        ))}
      </SimpleGrid>
      <PresetPicker />
    </Stack>
  );
}

function PresetPicker() {
  const { go } = useWizard();
  const begin = useConnectorsStore((state) => state.begin);
  const { data: presets, error, refetch } = usePresets();
  const [search, setSearch] = useState('');
  const [failed, setFailed] = useState<unknown>(null);

  async function choose(presetId: string) {
    try {
      begin(fromPreset(await data(getPreset({ path: { presetId } }))));
      go('where');
    } catch (failure) {
      setFailed(failure);
    }
  }

  if (error !== null) return <ErrorNotice error={error} doing="list the presets" onRetry={() => void refetch()} />;
  if (presets === undefined) return <TableSkeleton label="Loading the presets" rows={3} />;
  const found = presets.items.filter((each) => each.name.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <Stack gap="sm">
      <Title order={2}>Or a well-known API</Title>
      <TextInput label="Search presets" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
      {failed === null ? null : <ErrorNotice error={failed} doing="open the preset" />}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="xs">
        {found.map((preset) => (
          <UnstyledButton key={preset.id} className={classes.choice} onClick={() => void choose(preset.id)}>
            <Text fw={500}>{preset.name}</Text>
            <Text fz="xs" c="dimmed" lineClamp={2}>
              {preset.summary}
            </Text>
          </UnstyledButton>
        ))}
      </SimpleGrid>
      {found.length === 0 ? <Text c="dimmed">No preset of that name. Choose a kind above and enter its address.</Text> : null}
    </Stack>
  );
}
