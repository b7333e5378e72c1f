/** One real request with the credential, before anything is kept. */
import { Alert, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ComponentProps } from 'react';

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
import { useStoredSecret } from './useStoredSecret';

export function TestStep() {
  const { go } = useWizard();
  const { draft, secrets, savedId, change, keepSecrets } = useConnectorsStore();
  const { data: preset } = usePreset(draft.presetId);
  const { data: stored } = useConnector(savedId);
  const { ensureSaved, saving, error: saveError } = useDraftConnector();
  const [error, setError] = useState<unknown>(null);
  const path = draft.testPath ?? preset?.testPath ?? '';
  const [result, setResult] = useAnswerTo(path);
  const forgotten = useForgotten();

  // A stored credential is tested where it is; what is not saved yet is sent along, and kept by nobody.
  const inPlace = draft.authType === 'oauth2' || (stored?.hasCredential && secrets.bearerToken === '' && secrets.apiKey === '');
  async function request(): Promise<CheckRequestWritable> {
    const what = path.trim() && draft.apiType === 'rest' ? { path: path.trim() } : {};
    if (savedId === null || !inPlace) return { connector: toConnector(filled(draft), secrets), ...what };
    return { connectorId: (await ensureSaved()).id, ...what }; // what was changed since it was stored is tested, too
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
      answer={result}
      left={
        <Stack gap="md">
          {forgotten ? <Forgotten /> : null}
          <TestForm
            path={path}
            disabled={forgotten}
            request={request}
            onPath={(testPath) => change({ testPath })}
            onResult={(outcome) => {
              setResult(outcome);
              setError(null);
            }}
            onError={setError}
          />
          {error === null ? null : <ErrorNotice error={error} doing="test the connection" />}
          {saveError === null || saveError === error ? null : <ErrorNotice error={saveError} doing="save the connector" />}
          <StepButtons back="who" next={result?.ok ? 'Save and continue' : 'Save without a working test'} onNext={() => void next()} busy={saving} />
        </Stack>
      }
      right={result === null ? <RequestPreview path={path} /> : <TestOutcome result={result} />}
    />
  );
}

/** What came back for this very path: an answer that comes late is another's once the path was changed. */
function useAnswerTo(path: string) {
  const [answered, setAnswered] = useState<{ path: string; result: CheckResult } | null>(null);
  const keep = (result: CheckResult) => setAnswered({ path, result });
  return [answered?.path === path ? answered.result : null, keep] as const;
}

/** Whether the secret that this way needs is neither here nor stored. */
function useForgotten(): boolean {
  const { draft, secrets } = useConnectorsStore();
  const stored = useStoredSecret();
  const secret = { bearer: secrets.bearerToken, apikey: secrets.apiKey, none: null, oauth2: null }[draft.authType];
  return secret === '' && !stored;
}

function Forgotten() {
  return (
    <Alert color="yellow" title="The token or key is missing">
      <Text fz="sm">A reload forgets secrets. Go back one step and enter it again.</Text>
    </Alert>
  );
}

interface TestFormProps extends Pick<ComponentProps<typeof ConnectionTestButton>, 'disabled' | 'request' | 'onResult' | 'onError'> {
  path: string;
  onPath: (path: string) => void;
}

function TestForm({ path, onPath, ...test }: TestFormProps) {
  const rest = useConnectorsStore(({ draft }) => draft.apiType === 'rest');
  return (
    <form onSubmit={(event) => event.preventDefault()} noValidate>
      <Stack gap="md" align="stretch">
        {rest ? (
          <TextInput
            label="Path"
            description="Something small that needs the credential. Empty is the base URL itself."
            placeholder="/users"
            value={path}
            onChange={(event) => onPath(event.currentTarget.value)}
          />
        ) : null}
        <div>
          <ConnectionTestButton type="submit" {...test} />
        </div>
      </Stack>
    </form>
  );
}
