/** How it pages: found by itself, or said; the endpoint's own document is named where it tells. */
import { NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';

import type { Endpoint } from '@/lib/api/client';
import type { Pagination } from '@/lib/connect/draft';
import { PAGING_FIELDS, PAGINGS, pagingWords } from '@/lib/connect/paging';
import { useConnectorsStore } from '@/stores/connectors.store';

export function PaginationField({ endpoint }: { endpoint: Endpoint | undefined }) {
  const { reading, read } = useConnectorsStore();
  const type = reading.pagination === 'auto' ? 'auto' : reading.pagination.type;
  const values: Record<string, unknown> = reading.pagination === 'auto' ? {} : { ...reading.pagination };
  const set = (name: string, value: unknown) => {
    const { [name]: _former, ...rest } = values;
    read({ pagination: { ...rest, ...(value === '' ? {} : { [name]: value }) } as Pagination });
  };

  return (
    <Stack gap="xs">
      <Select
        label="Pagination"
        description={endpoint?.pagination ? `Its description says: ${pagingWords(endpoint.pagination)}.` : 'The run says what it found, and why.'}
        data={PAGINGS}
        value={type}
        allowDeselect={false}
        onChange={(value) => value && read({ pagination: value === 'auto' ? 'auto' : ({ type: value } as Pagination) })}
      />
      {type === 'auto' || PAGING_FIELDS[type].length === 0 ? null : (
        <SimpleGrid cols={2} spacing="xs">
          {PAGING_FIELDS[type].map(({ name, label, number, placeholder }) =>
            number ? (
              <NumberInput key={name} label={label} placeholder={placeholder} min={0} allowDecimal={false} value={(values[name] as number | undefined) ?? ''} onChange={(value) => set(name, value)} />
            ) : (
              <TextInput key={name} label={label} placeholder={placeholder} value={String(values[name] ?? '')} onChange={(event) => set(name, event.currentTarget.value)} />
            ),
          )}
        </SimpleGrid>
      )}
      <TextInput
        label="Where the records are"
        description="JSONPath; empty to have it found."
        placeholder={endpoint?.recordPath ?? '$.data'}
        value={reading.recordPath}
        onChange={(event) => read({ recordPath: event.currentTarget.value })}
      />
    </Stack>
  );
}
