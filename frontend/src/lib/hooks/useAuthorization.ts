/** One attempt to connect at a provider: in a window of its own, or in this one. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';

import { data, startOauth } from '@/lib/api/client';
import { keys } from '@/lib/api/keys';
import { endAddress, onEnd, openWindow, sendTo } from '@/lib/connect/authorization';

import { useWizard } from './useWizard';

type State = 'idle' | 'waiting' | 'connected' | 'failed' | 'blocked';

/** Saves the connector if need be; false when the form does not hold. */
export type Ready = () => Promise<{ id: string } | false>;

export interface Authorization {
  state: State;
  reason: string | undefined;
  error: unknown;
  /** Must be called by the click itself, or the browser blocks the window. */
  connect: (ready: Ready) => Promise<void>;
  continueHere: (ready: Ready) => Promise<void>;
  cancel: () => void;
}

export function useAuthorization(connectorId: string | null): Authorization {
  const cache = useQueryClient();
  const back = useWizard();
  const [state, setState] = useState<State>(back.oauth === 'connected' ? 'connected' : back.oauth === 'error' ? 'failed' : 'idle');
  const [reason, setReason] = useState<string | undefined>(back.reason);
  const [error, setError] = useState<unknown>(null);
  const opened = useRef<Window | null>(null);

  useEffect(() => {
    if (connectorId === null) return undefined;
    return onEnd(connectorId, (end) => {
      setState(end.oauth === 'connected' ? 'connected' : 'failed');
      setReason(end.reason);
      for (const key of [keys.connectors.one, keys.connectors.token, keys.connectors.health]) {
        void cache.invalidateQueries({ queryKey: key(connectorId) });
      }
    });
  }, [connectorId, cache]);

  const fail = useCallback((failure: unknown) => {
    opened.current?.close();
    setError(failure);
    setState('failed');
  }, []);

  const connect = useCallback(
    async (ready: Ready) => {
      opened.current = openWindow();
      setError(null);
      setReason(undefined);
      try {
        const saved = await ready();
        if (saved === false) {
          opened.current?.close();
          return setState('idle');
        }
        if (opened.current === null) return setState('blocked');
        sendTo(opened.current, await start(saved.id, true));
        setState('waiting');
      } catch (failure) {
        fail(failure);
      }
    },
    [fail],
  );

  const continueHere = useCallback(
    async (ready: Ready) => {
      try {
        const saved = await ready();
        if (saved !== false) window.location.assign(await start(saved.id, false));
      } catch (failure) {
        fail(failure);
      }
    },
    [fail],
  );

  const cancel = useCallback(() => {
    opened.current?.close();
    setState('idle');
  }, []);
  return { state, reason, error, connect, continueHere, cancel };
}

async function start(connectorId: string, inWindow: boolean): Promise<string> {
  const body = { connectorId, returnTo: endAddress(connectorId, inWindow) };
  return (await data(startOauth({ body }))).authorizationUrl;
}
