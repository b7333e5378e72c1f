/** Which records to read: an endpoint that the API told of, a path of one's own, or a query. */
import { Stack } from '@mantine/core';
import { useState } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import type { CheckResult, Endpoint } from '@/lib/api/client';
import { previewOf } from '@/lib/connect/endpoints';
import { useEndpoints } from '@/lib/hooks/useConnectors';
import { useWizard } from '@/lib/hooks/useWizard';
import { useConnectorsStore } from '@/stores/connectors.store';

import { ConnectionTestButton } from './ConnectionTestButton';
import { EndpointSelector } from './EndpointSelector';
import { Halves } from './Halves';
import { isJson } from './QueryEditor';
import { PaginationField } from './PaginationField';
import { ParamsForm } from './ParamsForm';
import { RequestPreview } from './RequestPreview';
import { StepButtons } from './StepButtons';
import { TestOutcome } from './TestOutcome';

export function WhatStep() {
  const { go } = useWizard();
  const { draft, reading, savedId } = useConnectorsStore();
  const [result, setResult] = useState<{ asked: string; outcome: CheckResult } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const { endpoint, chosen, complete } = useChosen();
  const asked = complete ? JSON.stringify(previewOf(reading, endpoint, draft.apiType)) : '';
  const outcome = result?.asked === asked ? result.outcome : null;

  return (
    <Halves
      rightName="Preview"
      answer={outcome}
      left={
        <Stack gap="md">
          <EndpointSelector />
          {draft.apiType === 'rest' && chosen ? <ParamsForm endpoint={endpoint} /> : null}
          {chosen ? <PaginationField endpoint={endpoint} /> : null}
          <div>
            <ConnectionTestButton
              variant="default"
              disabled={!complete}
              request={() => ({ connectorId: savedId ?? '', ...previewOf(reading, endpoint, draft.apiType) })}
              onResult={(found) => {
                setResult({ asked, outcome: found });
                setError(null);
              }}
              onError={setError}
            >
              Preview
            </ConnectionTestButton>
          </div>
          {error === null ? null : <ErrorNotice error={error} doing="preview the records" />}
          <StepButtons back="test" next="Continue" onNext={() => go('keep')} disabled={!complete} />
        </Stack>
      }
      right={outcome ? <TestOutcome result={outcome} /> : <RequestPreview path={endpoint?.path ?? reading.path} />}
    />
  );
}

/** What is chosen, and whether everything that its path needs is there. */
function useChosen() {
  const { reading, savedId } = useConnectorsStore();
  const { data: discovery } = useEndpoints(savedId);
  const endpoint: Endpoint | undefined = discovery?.endpoints?.find(({ id }) => id === reading.endpointId);
  const needed = (endpoint?.parameters ?? []).filter(({ required, location }) => required && location === 'path');
  const given = (name: string) => reading.params.some((pair) => pair.name === name && pair.value !== '');
  const chosen = reading.endpointId !== null || reading.path !== '' || reading.query !== '';
  const complete = chosen && savedId !== null && needed.every(({ name }) => given(name)) && isJson(reading.variables);
  return { endpoint, chosen, complete };
}
