/**
 * Connecting at a provider in a window of its own. The window is opened by the click itself (later ones are
 * blocked) and sent on when the address is known; it tells its end over a broadcast channel, because
 * providers isolate their pages and a window's handle then says nothing.
 */
import { z } from 'zod/mini';

const CHANNEL = 'varlor.oauth';
const FEATURES = 'popup,width=560,height=720';

const message = z.object({ connectorId: z.string(), oauth: z.enum(['connected', 'error']), reason: z.optional(z.string()) });
export type AuthorizationEnd = z.infer<typeof message>;

export function openWindow(): Window | null {
  return window.open('about:blank', '_blank', FEATURES);
}

export function sendTo(opened: Window, address: string): void {
  opened.location.replace(address);
}

/** Told by the page where a provider's answer ends. */
export function tellEnd(end: AuthorizationEnd): void {
  const channel = new BroadcastChannel(CHANNEL);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin - a broadcast channel is one origin's own
  channel.postMessage(end);
  channel.close();
}

export function onEnd(connectorId: string, heard: (end: AuthorizationEnd) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }) => {
    const end = message.safeParse(data);
    if (end.success && end.data.connectorId === connectorId) heard(end.data);
  });
  return () => channel.close();
}

/** Where the provider's answer ends: in the window, which closes itself; or back in the wizard. */
export function endAddress(connectorId: string, inWindow: boolean): string {
  return inWindow ? `/connected?connector=${connectorId}` : `${window.location.pathname}?${wizardSearch(connectorId)}`;
}

function wizardSearch(connectorId: string): string {
  const search = new URLSearchParams(window.location.search);
  for (const name of ['oauth', 'reason']) search.delete(name);
  search.set('connector', connectorId);
  return search.toString();
}

const REASONS: Record<string, string> = {
  access_denied: 'Access was denied at the provider. Nothing was stored.',
  expired: 'Nobody came back within ten minutes, so the attempt has ended.',
  superseded: 'A newer attempt has taken its place, or the connector was changed meanwhile. Connect again.',
  invalid_client: 'The provider does not know this client id, or refuses its secret. Check both.',
  invalid_grant: 'The provider refused the code it had given. Try again.',
  invalid_scope: 'The provider does not offer one of the scopes. Check them.',
  unauthorized_client: 'The provider does not let this app use this flow. Check how the app is set up there.',
  redirect_uri_mismatch: 'The redirect address is not registered at the provider. Copy it from here and register it.',
  server_error: 'The provider failed. Try again in a moment.',
  temporarily_unavailable: 'The provider is busy. Try again in a moment.',
  unreachable: 'The provider did not answer. Check the addresses.',
};

export function reasonWords(reason: string | undefined): string {
  return (reason && REASONS[reason]) || `The provider ended the attempt${reason ? ` (${reason})` : ''}. Check the settings and try again.`;
}
