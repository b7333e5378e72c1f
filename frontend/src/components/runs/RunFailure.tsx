/** Why a run failed, what the API last answered, and what to do about it. */
import { Alert, Code, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

import { LinkButton } from '@/components/ui/links';
import type { Run } from '@/lib/api/client';
import { useRequests } from '@/lib/hooks/useRuns';
import { hasEnded } from '@/lib/runs';

const REMEDIES: Record<string, string> = {
  'auth-required': 'Open the connector and reconnect: the run goes on by itself, at the same page.',
  invalid_credential: 'Check the token or key, give the connector a new one, then fetch again.',
  forbidden: 'The credential is taken, but may not read this. Give it the right or scope at the provider, then fetch again.',
  not_found: 'Check the path, and the base URL of the connector.',
  timeout: 'The API was too slow several times in a row. Fetch again, or ask for smaller pages.',
  unreachable: 'Check that the address is right and that the API is up, then fetch again.',
  tls: "The API's certificate is not valid for its name. Tell whoever runs it.",
  blocked_destination: 'This address is not public. Whoever runs Varlor can allow it by name.',
  not_json: 'Some APIs answer with a sign-in page: test the connection with this path.',
  rate_limited: "The API refused for too long. Lower the connector's rate, then fetch again.",
  server_error: 'The API failed several times in a row. Fetch again when it has recovered.',
  too_large: 'Ask for smaller pages, with the parameter that the API has for it.',
  truncated: 'The API cut its answers short several times in a row. Fetch again, or ask for smaller pages.',
  bad_request: 'Check the parameters, and what the API answered below.',
  pagination_stuck: 'Set the pagination by hand where the endpoint is chosen, then fetch again.',
  bad_records: 'Check the record path, and what the API answered below.',
  export_failed: 'The API could not make its export. What it says is below; fetch again when that is mended.',
  'schema-frozen': "The data does not fit the dataset's columns, and its policy is freeze. Change the policy, or the source.",
};

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function RunFailure({ run }: { run: Run }) {
  const failed = useRequests(run.id, 'failed', false);
  if (!run.error) return null;
  const last = failed.data?.pages[0]?.items[0];
  return (
    <Alert color={hasEnded(run) ? 'red' : 'orange'} variant="light" icon={<IconAlertTriangle aria-hidden />} title={sentence(run.error.title)} role="alert">
      <Text fz="sm">
        {run.error.detail} {REMEDIES[run.error.type] ?? 'Look at the failed requests below, then fetch again.'}
      </Text>
      {last ? (
        <>
          <Text fz="sm" mt="sm" fw={500}>
            The last failed answer: {last.method} {last.url} {last.status ? `answered ${last.status}` : 'got no answer'}
          </Text>
          {last.answer ? (
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex - what scrolls must be reachable by keyboard
            <Code block mt={4} mah={180} tabIndex={0} style={{ overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {last.answer}
            </Code>
          ) : null}
        </>
      ) : null}
      <Group mt="sm">
        <LinkButton size="xs" variant="default" to="/connectors/$connectorId" params={{ connectorId: run.connectorId }}>
          Open the connector
        </LinkButton>
      </Group>
    </Alert>
  );
}
