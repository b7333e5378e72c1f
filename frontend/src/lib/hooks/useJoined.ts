/**
 * An act that is not begun again while the same is under way: a call meanwhile gets the answer of the first.
 * The second click of a double click comes before the button has been drawn as busy.
 */
import { useRef } from 'react';

export function useJoined<V, R>(act: (order: V) => Promise<R>): (order: V) => Promise<R> {
  const underWay = useRef(new Map<string, Promise<R>>());
  return (order) => {
    const same = JSON.stringify(order);
    const running = underWay.current.get(same);
    if (running !== undefined) return running;
    const begun = act(order).finally(() => underWay.current.delete(same));
    underWay.current.set(same, begun);
    return begun;
  };
}
