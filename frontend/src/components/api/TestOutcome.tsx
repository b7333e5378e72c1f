/** What came back: status, latency, where the records are, how it pages, and the first of them as a table. */
import { Alert, Group, List, Stack, Text, Title } from '@mantine/core';

import { StatusBadge } from '@/components/ui/StatusBadge';
import type { CheckResult } from '@/lib/api/client';
import { pagingWords } from '@/lib/connect/paging';

import { SampleTable } from './SampleTable';

const REMEDIES: Record<string, string> = {
  invalid_credential: 'Go back one step and enter the credential again; it may have been revoked.',
  forbidden: 'The credential is known, and may not read this. Give it the right at the provider, or try another path.',
  not_found: 'Check the base URL and the path.',
  timeout: 'The API is slow, or its address is wrong. Try again.',
  unreachable: 'Check the address, and that the API runs.',
  tls: 'Its certificate does not hold. Check the host name.',
  blocked_destination: 'Check the host name for a slip. Only public addresses are asked; an API inside the network must be allowed by whoever runs this server.',
  not_json: 'A page for people may live there. Check the path.',
  too_large: 'Ask for fewer records a page.',
  rate_limited: 'Wait a moment, then test again; lower the rate limit if it happens often.',
  server_error: 'The API failed. Try again in a moment.',
};

export function TestOutcome({ result }: { result: CheckResult }) {
  return (
    <Stack gap="sm" role="status">
      <Title order={2}>What came back</Title>
      <Group gap="xs">
        <StatusBadge status={result.ok ? 'connected' : 'failed'} word={result.ok ? 'It works' : 'It failed'} />
        {result.statusCode ? <Text fz="sm">HTTP {result.statusCode}</Text> : null}
        {typeof result.latencyMs !== 'number' ? null : (
          <Text fz="sm" className="num">
            {result.latencyMs} ms
          </Text>
        )}
      </Group>
      {result.error ? (
        <Alert color="red" title={result.error.title}>
          <Text fz="sm">
            {result.error.detail} {REMEDIES[result.error.type]}
          </Text>
        </Alert>
      ) : null}
      {result.errors?.length ? (
        <Alert color="yellow" title="The server reported errors beside its data">
          <List fz="sm">
            {result.errors.map((error) => (
              <List.Item key={error.message}>{error.message}</List.Item>
            ))}
          </List>
        </Alert>
      ) : null}
      {result.ok ? <Found result={result} /> : null}
      {result.sample && result.sample.rows.length > 0 ? <SampleTable sample={result.sample} /> : null}
    </Stack>
  );
}

function Found({ result }: { result: CheckResult }) {
  const rows = result.sample?.rows.length ?? 0;
  return (
    <Text fz="sm">
      {rows > 0 ? `${rows} records${result.sample?.truncated ? ' and more' : ''}, at ${result.recordPath ?? '$'}.` : 'No records in this answer; choose what to read in the next step.'}{' '}
      {result.pagination ? `It seems to page by ${pagingWords(result.pagination)}.` : ''}
    </Text>
  );
}
