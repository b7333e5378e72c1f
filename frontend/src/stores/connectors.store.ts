/**
 * The wizard's memory: closing the dialog, a reload, or the way to a provider and back lose nothing typed.
 * It lasts as long as the tab does. Secrets live in memory alone and are never written anywhere.
 */
import { create } from 'zustand';
import { createJSONStorage, persist } from 'zustand/middleware';

import { EMPTY_DRAFT, EMPTY_READING, NO_SECRETS, type Draft, type Reading, type Secrets } from '@/lib/connect/draft';

interface ConnectorsState {
  draft: Draft;
  reading: Reading;
  secrets: Secrets;
  /** The connector that the draft has become, and the form it was last saved with. */
  savedId: string | null;
  savedAs: string | null;
  /** Grows whenever the forms begin anew. */
  generation: number;
  change: (part: Partial<Draft>) => void;
  read: (part: Partial<Reading>) => void;
  keepSecrets: (part: Partial<Secrets>) => void;
  saved: (id: string, as: string) => void;
  /** Begin with these words instead. */
  begin: (draft: Partial<Draft>) => void;
  clear: () => void;
}

const nothing = { draft: EMPTY_DRAFT, reading: EMPTY_READING, secrets: NO_SECRETS, savedId: null, savedAs: null, generation: 0 };

export const useConnectorsStore = create<ConnectorsState>()(
  persist(
    (set) => ({
      ...nothing,
      change: (part) => set(({ draft }) => ({ draft: { ...draft, ...part } })),
      read: (part) => set(({ reading }) => ({ reading: { ...reading, ...part } })),
      keepSecrets: (part) => set(({ secrets }) => ({ secrets: { ...secrets, ...part } })),
      saved: (savedId, savedAs) => set({ savedId, savedAs }),
      begin: (draft) => set(({ generation }) => ({ ...nothing, draft: { ...EMPTY_DRAFT, ...draft }, generation: generation + 1 })),
      clear: () => set(({ generation }) => ({ ...nothing, generation: generation + 1 })),
    }),
    {
      name: 'varlor.connect',
      version: 1,
      storage: createJSONStorage(() => sessionStorage),
      partialize: ({ draft, reading, savedId, savedAs }) => ({ draft, reading, savedId, savedAs }),
    },
  ),
);
