/** The request as it would leave, with dots for the secret. */
import { Code, Stack, Text, Title } from '@mantine/core';

import { filled } from '@/lib/connect/input';
import type { Draft } from '@/lib/connect/draft';
import { useConnectorsStore } from '@/stores/connectors.store';

import classes from './Wizard.module.css';

export function RequestPreview({ path = '' }: { path?: string }) {
  const draft = filled(useConnectorsStore((state) => state.draft));
  return (
    <Stack gap="xs">
      <Title order={2}>What we would send</Title>
      <Code block className={classes.request}>
        {linesOf(draft, path).join('\n')}
      </Code>
      <Text fz="sm" c="dimmed">
        At most {draft.requestsPerMinute} requests in any minute and {draft.burstLimit} in any second, shared by all syncs of this
        connector.
      </Text>
    </Stack>
  );
}

function linesOf(draft: Draft, path: string): string[] {
  const graphql = draft.apiType === 'graphql';
  const address = `${draft.baseUrl.replace(/\/$/, '') || 'https://…'}${path && !path.startsWith('/') ? '/' : ''}${path}`;
  const key = draft.authType === 'apikey' && draft.keyLocation === 'query' ? `${address.includes('?') ? '&' : '?'}${draft.keyName}=••••` : '';
  return [
    `${graphql ? 'POST' : 'GET'} ${address}${key}`,
    ...draft.headers.filter(({ name }) => name).map(({ name, value }) => `${name}: ${value}`),
    ...credentialLine(draft),
    ...(graphql ? ['Content-Type: application/json', '', '{"query": "{ __typename }"}'] : []),
  ];
}

function credentialLine(draft: Draft): string[] {
  if (draft.authType === 'bearer' || draft.authType === 'oauth2') return ['Authorization: Bearer ••••'];
  if (draft.authType === 'apikey' && draft.keyLocation === 'header') return [`${draft.keyName}: ${draft.keyPrefix}••••`];
  return [];
}
