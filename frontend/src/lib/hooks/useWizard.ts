/** Where the wizard stands: in the address, so that every step can be linked to and gone back to. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

import { STEPS, type Step } from '@/lib/connect/draft';

export function useWizard() {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const step: Step | null = STEPS.find((each) => each === search.connect) ?? null;

  const go = useCallback(
    (next: Step | null) =>
      void navigate({
        to: '.',
        search: (kept) => ({
          ...kept,
          connect: next ?? undefined,
          connector: next === null ? undefined : kept.connector,
          oauth: undefined,
          reason: undefined,
        }),
      }),
    [navigate],
  );
  return { step, go, connectorId: search.connector ?? null, oauth: search.oauth ?? null, reason: search.reason };
}
