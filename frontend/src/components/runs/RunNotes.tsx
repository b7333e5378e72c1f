/** What the run found out on its own: how it pages, and how the columns changed. */
import { List, Paper, Stack, Text, Title } from '@mantine/core';

import type { Run } from '@/lib/api/client';

const KINDS = {
  column_added: 'New column',
  column_widened: 'Wider type',
  column_renamed: 'Renamed column',
  values_diverted: 'Values set aside',
  discarded: 'Left out',
} as const;

export function RunNotes({ run }: { run: Run }) {
  const changes = run.schemaChanges ?? [];
  const notes = run.notes ?? [];
  if (changes.length + notes.length === 0) return null;
  return (
    <Paper withBorder p="md">
      <Stack gap="md">
        {notes.length > 0 ? (
          <section>
            <Title order={2} mb={6}>
              Notes
            </Title>
            <List fz="sm" spacing={4}>
              {notes.map((note) => (
                <List.Item key={note}>{note}</List.Item>
              ))}
            </List>
          </section>
        ) : null}
        {changes.length > 0 ? (
          <section>
            <Title order={2} mb={6}>
              Schema changes
            </Title>
            <List fz="sm" spacing={4}>
              {changes.map((change) => (
                <List.Item key={change.kind + change.column}>
                  <b>{KINDS[change.kind]}</b> {change.column}
                  <Text span c="dimmed" fz="sm">
                    {' '}
                    {change.detail}
                  </Text>
                </List.Item>
              ))}
            </List>
          </section>
        ) : null}
      </Stack>
    </Paper>
  );
}
