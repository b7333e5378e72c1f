/** Who we are to the API: none, a token, a key, or OAuth. */
import { SegmentedControl, Stack, Text } from '@mantine/core';

import type { AuthType } from '@/lib/connect/draft';
import { fromPresetAuth } from '@/lib/connect/input';
import { usePreset } from '@/lib/hooks/useConnectors';
import { useWizard } from '@/lib/hooks/useWizard';
import { useConnectorsStore } from '@/stores/connectors.store';

import { APIKeyForm } from './APIKeyForm';
import { BearerTokenForm } from './BearerTokenForm';
import { Halves } from './Halves';
import { OAuth2Flow } from './OAuth2Flow';
import { RequestPreview } from './RequestPreview';
import { StepButtons } from './StepButtons';

const WAYS: { value: AuthType; label: string }[] = [
  { value: 'none', label: 'None' },
  { value: 'bearer', label: 'Bearer token' },
  { value: 'apikey', label: 'API key' },
  { value: 'oauth2', label: 'OAuth 2.0' },
];

export function WhoStep() {
  const { go } = useWizard();
  const { draft, change } = useConnectorsStore();
  const { data: preset } = usePreset(draft.presetId);
  const offered = preset ? WAYS.filter(({ value }) => preset.auth.some(({ type }) => type === value)) : WAYS;
  const way = preset?.auth.find(({ type }) => type === draft.authType);
  const onDone = () => go('test');

  return (
    <Halves
      left={
        <Stack gap="md">
          <SegmentedControl
            aria-label="Authentication"
            data={offered}
            value={draft.authType}
            onChange={(type) => change(preset ? fromPresetAuth(preset, type as AuthType) : { authType: type as AuthType })}
          />
          {way ? (
            <Text fz="sm" c="dimmed">
              {way.title}.
            </Text>
          ) : null}
          {draft.authType === 'bearer' ? <BearerTokenForm onDone={onDone} /> : null}
          {draft.authType === 'apikey' ? <APIKeyForm onDone={onDone} /> : null}
          {draft.authType === 'oauth2' ? <OAuth2Flow onDone={onDone} /> : null}
          {draft.authType === 'none' ? (
            <>
              <Text>Requests leave without a credential.</Text>
              <StepButtons back="where" next="Continue" onNext={onDone} />
            </>
          ) : null}
        </Stack>
      }
      right={<RequestPreview />}
    />
  );
}
