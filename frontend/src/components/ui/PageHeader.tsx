/** A page's name, where it belongs, and what can be done on it; names the document too. */
import { Breadcrumbs, Group, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

interface Props {
  title: string;
  /** Links to what it belongs to. */
  above?: ReactNode;
  badge?: ReactNode;
  text?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, above, badge, text, actions }: Props) {
  useDocumentTitle(`${title} · Varlor`);
  return (
    <Group component="header" justify="space-between" align="flex-start" mb="lg" gap="sm">
      <div style={{ minWidth: 0, flex: '1 1 260px' }}>
        {above ? (
          <Breadcrumbs fz="sm" mb={4} c="dimmed">
            {above}
          </Breadcrumbs>
        ) : null}
        <Group gap="sm">
          <Title order={1} style={{ overflowWrap: 'anywhere' }}>
            {title}
          </Title>
          {badge}
        </Group>
        {text ? (
          <Text component="div" c="dimmed" mt={2}>
            {text}
          </Text>
        ) : null}
      </div>
      {actions ? <Group gap="xs">{actions}</Group> : null}
    </Group>
  );
}
