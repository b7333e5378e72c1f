/**
 * The tenant's live events (SSE). The browser resumes by Last-Event-ID after a lost connection; after an
 * answer that ends the stream (a restart, say) this opens a new one, and `onGap` says that events may be missing.
 */
export const EVENT_TYPES = [
  'run.changed',
  'run.finished',
  'connection.changed',
  'token.changed',
  'dataset.stale',
  'dataset.fresh',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface LiveEvent {
  type: EventType;
  data: Record<string, unknown>;
}

interface Listener {
  onEvent: (event: LiveEvent) => void;
  onUp: () => void;
  onDown: () => void;
  onGap: () => void;
}

const REOPEN_MS = 3000;

/** Follow the events until the returned function is called. */
export function followEvents(listener: Listener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(again: boolean) {
    source = new EventSource('/api/v2/events');
    source.addEventListener('open', () => {
      listener.onUp();
      if (again) listener.onGap();
    });
    source.addEventListener('error', () => {
      listener.onDown();
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => open(true), REOPEN_MS);
    });
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, (message) => {
        listener.onEvent({ type, data: JSON.parse(message.data) });
      });
    }
  }

  open(false);
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
