/** How to read the dataset from elsewhere, to copy; and the rows as a file. */
import { Button, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';

import { CodeBlock } from '@/components/ui/CodeBlock';
import type { Dataset } from '@/lib/api/client';

import { READERS, snippet, type Reader } from './snippets';

const FORMATS = ['parquet', 'csv', 'jsonl'] as const;

export function UseTab({ dataset }: { dataset: Dataset }) {
  const [reader, setReader] = useState<Reader>('DuckDB');
  return (
    <Stack gap="xl" maw={760}>
      <section aria-labelledby="read">
        <Title order={2} id="read" mb={4}>
          Read it in place
        </Title>
        <Text c="dimmed" fz="sm" mb="sm">
          The dataset is a Delta Lake table. These read its newest version from where it is.
        </Text>
        <SegmentedControl data={[...READERS]} value={reader} onChange={(value) => setReader(value as Reader)} aria-label="Read it with" mb="sm" />
        <CodeBlock code={snippet(reader, dataset.location)} label={`Read it with ${reader}`} />
      </section>
      <section aria-labelledby="take">
        <Title order={2} id="take" mb={4}>
          Take it along
        </Title>
        <Text c="dimmed" fz="sm" mb="sm">
          All rows of the newest version as one file.
        </Text>
        <Group>
          {FORMATS.map((format) => (
            <Button key={format} component="a" variant="default" href={`/api/v2/datasets/${dataset.id}/export?format=${format}`} download>
              {format === 'jsonl' ? 'JSON Lines' : format === 'csv' ? 'CSV' : 'Parquet'}
            </Button>
          ))}
        </Group>
      </section>
    </Stack>
  );
}
