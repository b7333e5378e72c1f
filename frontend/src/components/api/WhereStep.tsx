import { useWizard } from '@/lib/hooks/useWizard';

import { APIConnectorForm } from './APIConnectorForm';
import { Halves } from './Halves';
import { RequestPreview } from './RequestPreview';
import { StepButtons } from './StepButtons';

export function WhereStep() {
  const { go } = useWizard();
  return (
    <Halves
      left={
        <APIConnectorForm onDone={() => go('who')}>
          <StepButtons back="source" next="Continue" />
        </APIConnectorForm>
      }
      right={<RequestPreview />}
    />
  );
}
