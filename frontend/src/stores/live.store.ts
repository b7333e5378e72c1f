/** Whether live events arrive, so that a value that stopped coming can say since when. */
import { create } from 'zustand';

interface Live {
  connected: boolean;
  /** When the stream was lost; null while it is up or was never open. */
  lostAt: Date | null;
  up: () => void;
  down: () => void;
}

export const useLive = create<Live>((set) => ({
  connected: false,
  lostAt: null,
  up: () => set({ connected: true, lostAt: null }),
  down: () => set((state) => ({ connected: false, lostAt: state.lostAt ?? new Date() })),
}));
