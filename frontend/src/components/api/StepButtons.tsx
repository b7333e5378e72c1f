import { Button, Group } from '@mantine/core';

import type { Step } from '@/lib/connect/draft';
import { useWizard } from '@/lib/hooks/useWizard';

interface Props {
  back: Step;
  next: string;
  onNext?: () => void;
  busy?: boolean;
  disabled?: boolean;
}

/** Without `onNext` the button submits the form it stands in. */
export function StepButtons({ back, next, onNext, busy, disabled }: Props) {
  const { go } = useWizard();
  return (
    <Group justify="space-between" mt="lg">
      <Button variant="default" onClick={() => go(back)}>
        Back
      </Button>
      <Button type={onNext ? 'button' : 'submit'} onClick={onNext} loading={busy} disabled={disabled}>
        {next}
      </Button>
    </Group>
  );
}
