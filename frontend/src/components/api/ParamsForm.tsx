import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';

import type { Endpoint } from '@/lib/api/client';
import type { Pair } from '@/lib/connect/draft';
import { useConnectorsStore } from '@/stores/connectors.store';

/** The endpoint's parameters: what its path needs, and what may be added to the query. */
export function ParamsForm({ endpoint }: { endpoint: Endpoint | undefined }) {
  const { reading, read } = useConnectorsStore();
  const known = endpoint?.parameters ?? [];
  const set = (index: number, part: Partial<Pair>) =>
    read({ params: reading.params.map((pair, at) => (at === index ? { ...pair, ...part } : pair)) });
  const taken = new Set(reading.params.map(({ name }) => name));
  const offered = known.filter(({ location, name }) => location === 'query' && !taken.has(name)).map(({ name }) => name);

  return (
    <Stack gap="xs" role="group" aria-label="Parameters">
      <Text fz="sm" fw={500}>
        Parameters
      </Text>
      {reading.params.map((pair, index) => {
        const told = known.find(({ name }) => name === pair.name);
        const fixed = told?.required ?? false;
        return (
          // oxlint-disable-next-line react/no-array-index-key - a parameter is its place in the list
          <Group key={index} align="flex-start" wrap="nowrap" gap="xs">
            {told === undefined ? (
              <TextInput aria-label={`Parameter ${index + 1}: name`} placeholder="name" value={pair.name} flex={1} onChange={(event) => set(index, { name: event.currentTarget.value })} />
            ) : (
              <Text fz="sm" ff="monospace" flex={1} pt={8}>
                {pair.name}
                {fixed ? <span aria-hidden> *</span> : null}
              </Text>
            )}
            {told?.enum?.length ? (
              <Select aria-label={pair.name} data={told.enum.map(String)} value={pair.value || null} flex={2} searchable onChange={(value) => set(index, { value: value ?? '' })} />
            ) : (
              <TextInput
                aria-label={pair.name || `Parameter ${index + 1}: value`}
                placeholder={told?.description ?? 'value'}
                value={pair.value}
                required={fixed}
                flex={2}
                onChange={(event) => set(index, { value: event.currentTarget.value })}
              />
            )}
            <ActionIcon
              variant="subtle"
              color="gray"
              mt={4}
              disabled={fixed && told?.location === 'path'}
              aria-label={`Remove parameter ${pair.name || index + 1}`}
              onClick={() => read({ params: reading.params.filter((_, at) => at !== index) })}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        );
      })}
      <Group gap="xs">
        {offered.length === 0 ? null : (
          <Select
            aria-label="Add a known parameter"
            placeholder="Add a known parameter"
            data={offered}
            searchable
            value={null}
            onChange={(name) => name && read({ params: [...reading.params, { name, value: '' }] })}
          />
        )}
        <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => read({ params: [...reading.params, { name: '', value: '' }] })}>
          Add a parameter
        </Button>
      </Group>
    </Stack>
  );
}
