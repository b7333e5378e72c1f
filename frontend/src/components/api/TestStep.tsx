/** One real request with the credential, before anything is kept. */
import { Stack, TextInput } from '@mantine/core';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { CheckRequestWritable, CheckResult } from '@/lib/api/client';
import { filled, toConnector } from '@/lib/connect/input';
import { useConnector, usePreset } from '@/lib/hooks/useConnectors';
import { useDraftConnector } from '@/lib/hooks/useDraftConnector';
import { useWizard } from '@/lib/hooks/useWizard';
import { useConnectorsStore } from '@/stores/connectors.store';

import { ConnectionTestButton } from './ConnectionTestButton';
import { Halves } from './Halves';
import { RequestPreview } from './RequestPreview';
import { StepButtons } from './StepButtons';
import { TestOutcome } from './TestOutcome';

export function TestStep() {
  const { go } = useWizard();
  const { draft, secrets, savedId, keepSecrets } = useConnectorsStore();
  const { data: preset } = usePreset(draft.presetId);
  const { data: stored } = useConnector(savedId);
  const { ensureSaved, saving, error: saveError } = useDraftConnector();
  const [typed, setPath] = useState<string | null>(null);
  const [result, setResult] = useState<CheckResult | null>(null);
  const [error, setError] = useState<unknown>(null);
  const path = typed ?? preset?.testPath ?? '';

  // A stored credential is tested where it is; what is not saved yet is sent along, and kept by nobody.
  const inPlace = draft.authType === 'oauth2' || (stored?.hasCredential && secrets.bearerToken === '' && secrets.apiKey === '');
  function request(): CheckRequestWritable {
    const what = path && draft.apiType === 'rest' ? { path } : {};
    return savedId !== null && inPlace ? { connectorId: savedId, ...what } : { connector: toConnector(filled(draft), secrets), ...what };
  }

  async function next() {
    try {
      await ensureSaved();
      keepSecrets({ bearerToken: '', apiKey: '', clientSecret: '' }); // stored now, and needed here no more
      go('what');
    } catch {
      // `saveError` shows it
    }
  }

  return (
    <Halves
      rightName="Answer"
      left={
        <Stack gap="md">
          {draft.apiType === 'graphql' ? null : (
            <TextInput
              label="Path"
              description="Something small that needs the credential. Empty is the base URL itself."
              placeholder="/users"
              value={path}
              onChange={(event) => setPath(event.currentTarget.value)}
            />
          )}
          <div>
            <ConnectionTestButton
              request={request}
              onResult={(outcome) => {
                setResult(outcome);
                setError(null);
              }}
              onError={setError}
            />
          </div>
          {error === null ? null : <ErrorNotice error={error} doing="test the connection" />}
          {saveError === null ? null : <ErrorNotice error={saveError} doing="save the connector" />}
          <StepButtons back="who" next={result?.ok ? 'Save and continue' : 'Save without a working test'} onNext={() => void next()} busy={saving} />
        </Stack>
      }
      right={result === null ? <RequestPreview path={path} /> : <TestOutcome result={result} />}
    />
  );
}
