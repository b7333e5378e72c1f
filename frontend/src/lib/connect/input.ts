/** From the form to what the API takes, and back. */
import type { Connector, ConnectorInputWritable, FetchRequest, OAuthConfig, Preset, PresetOAuth, ScheduleInput } from '@/lib/api/client';

import { EMPTY_DRAFT, type Draft, type Pair, type Reading, type Secrets } from './draft';

type OAuthInput = NonNullable<ConnectorInputWritable['oauthConfig']>;

/** The body of `POST /connectors`, and of the connection test of what is not saved. */
export function toConnector(draft: Draft, secrets: Secrets): ConnectorInputWritable {
  if (draft.apiType === 'webhook') return toWebhook(draft);
  return {
    name: draft.name || hostOf(draft.baseUrl),
    apiType: draft.apiType,
    baseUrl: draft.baseUrl,
    headers: record(draft.headers),
    rateLimitConfig: { requestsPerMinute: draft.requestsPerMinute, burstLimit: draft.burstLimit },
    authType: draft.authType,
    ...(draft.presetId ? { presetId: draft.presetId } : {}),
    ...credential(draft, secrets),
  };
}

function toWebhook(draft: Draft): ConnectorInputWritable {
  const header = draft.webhookHeader.trim();
  return {
    name: draft.name || 'Webhook',
    apiType: 'webhook',
    webhookConfig: { style: draft.webhookStyle, ...(header && draft.webhookStyle === 'hmac' ? { header } : {}) },
  };
}

function credential(draft: Draft, secrets: Secrets): Partial<ConnectorInputWritable> {
  switch (draft.authType) {
    case 'bearer':
      return secrets.bearerToken ? { bearerToken: secrets.bearerToken } : {};
    case 'apikey':
      return {
        apiKeyConfig: { keyName: draft.keyName, location: draft.keyLocation, ...given({ prefix: draft.keyPrefix }) },
        ...given({ apiKey: secrets.apiKey }),
      };
    case 'oauth2':
      return { oauthConfig: oauth(draft, secrets) };
    case 'none':
      return {};
  }
}

function oauth(draft: Draft, secrets: Secrets): OAuthInput {
  return {
    grant: draft.grant,
    clientId: draft.clientId,
    tokenEndpointAuthMethod: draft.tokenEndpointAuthMethod,
    scopes: draft.scopes.split(/\s+/).filter(Boolean),
    ...given({
      issuer: draft.issuer,
      authorizationUrl: draft.authorizationUrl,
      tokenUrl: draft.tokenUrl,
      revocationUrl: draft.revocationUrl,
      audience: draft.audience,
      clientSecret: draft.tokenEndpointAuthMethod === 'none' ? '' : secrets.clientSecret,
    }),
  };
}

/** Only what was filled in. */
function given<T extends Record<string, string>>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')) as Partial<T>;
}

function record(pairs: Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]));
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** The form of a preset, its slots filled with what is known. */
export function fromPreset(preset: Preset): Partial<Draft> {
  const variables = Object.fromEntries((preset.variables ?? []).map(({ name }) => [name, '']));
  return {
    apiType: preset.apiType ?? 'rest',
    presetId: preset.id,
    variables,
    name: preset.name,
    baseUrl: preset.baseUrl,
    headers: Object.entries(preset.headers ?? {}).map(([name, value]) => ({ name, value: String(value) })),
    requestsPerMinute: preset.rateLimit?.requestsPerMinute ?? EMPTY_DRAFT.requestsPerMinute,
    burstLimit: preset.rateLimit?.burstLimit ?? EMPTY_DRAFT.burstLimit,
    ...fromPresetAuth(preset, preset.auth[0]?.type ?? 'none'),
  };
}

/** What a preset says of one way to be let in. */
export function fromPresetAuth(preset: Preset, type: Draft['authType']): Partial<Draft> {
  const way = preset.auth.find((each) => each.type === type);
  return {
    authType: type,
    ...fromKey(way?.apiKeyConfig),
    ...fromOAuth(way?.oauthConfig),
  };
}

function methodOf(method: string | undefined): Draft['tokenEndpointAuthMethod'] {
  return method === 'client_secret_basic' || method === 'client_secret_post' ? method : 'none';
}

/** `{name}` in the addresses of the form, filled with the preset's variables. */
export function filled(draft: Draft): Draft {
  const fill = (text: string) => text.replace(/\{([a-z][a-z0-9_]*)\}/g, (slot, name: string) => draft.variables[name] || slot);
  return {
    ...draft,
    baseUrl: fill(draft.baseUrl),
    authorizationUrl: fill(draft.authorizationUrl),
    tokenUrl: fill(draft.tokenUrl),
    revocationUrl: fill(draft.revocationUrl),
    issuer: fill(draft.issuer),
  };
}

/** A stored connector as the form shows it, to go on with it; its secrets stay where they are. */
export function fromConnector(connector: Connector): Partial<Draft> {
  const limits = connector.rateLimitConfig ?? {};
  return {
    apiType: connector.apiType ?? 'rest',
    presetId: connector.presetId ?? null,
    name: connector.name,
    baseUrl: connector.baseUrl ?? '',
    headers: Object.entries(connector.headers ?? {}).map(([name, value]) => ({ name, value: String(value) })),
    requestsPerMinute: limits.requestsPerMinute ?? EMPTY_DRAFT.requestsPerMinute,
    burstLimit: limits.burstLimit ?? EMPTY_DRAFT.burstLimit,
    authType: connector.authType ?? 'none',
    ...fromKey(connector.apiKeyConfig),
    ...fromOAuth(connector.oauthConfig),
  };
}

function fromKey(config: Connector['apiKeyConfig']): Partial<Draft> {
  return config ? { keyName: config.keyName, keyLocation: config.location ?? 'header', keyPrefix: config.prefix ?? '' } : {};
}

function fromOAuth(config: PresetOAuth | OAuthConfig | null | undefined): Partial<Draft> {
  if (!config) return {};
  const texts = { issuer: '', authorizationUrl: '', tokenUrl: '', revocationUrl: '', clientId: '', audience: '' };
  for (const name of Object.keys(texts) as (keyof typeof texts)[]) {
    if (name in config) texts[name] = (config as Partial<Record<typeof name, string | null>>)[name] ?? '';
  }
  return {
    ...texts,
    grant: config.grant === 'client_credentials' ? 'client_credentials' : 'authorization_code',
    tokenEndpointAuthMethod: methodOf(config.tokenEndpointAuthMethod),
    scopes: (config.scopes ?? []).join(' '),
  };
}

/** The fetch request of a reading; raises SyntaxError for variables that are no JSON. */
export function toFetch(reading: Reading, apiType: Draft['apiType']): FetchRequest {
  const key = reading.primaryKey.split(',').map((name) => name.trim()).filter(Boolean);
  const dataset = { name: reading.dataset, writeMode: reading.writeMode, primaryKey: key };
  const newOnly = reading.writeMode === 'merge' && reading.onlyNew && reading.incremental ? { incremental: reading.incremental } : {};
  const shared = { dataset, pagination: reading.pagination, ...newOnly, ...given({ recordPath: reading.recordPath }) };
  if (apiType === 'graphql' && reading.query) {
    return { ...shared, query: reading.query, variables: JSON.parse(reading.variables || '{}') };
  }
  const place = reading.endpointId ? { endpointId: reading.endpointId } : { path: reading.path.trim() };
  return { ...shared, ...place, params: record(reading.params) };
}

export function toSchedule(reading: Reading, connectorId: string, fetch: FetchRequest): ScheduleInput {
  const short = [...reading.dataset].slice(0, 180).join(''); // a schedule's name has 200 characters at most
  return { name: `${short}, every ${reading.every}`, connectorId, fetch, every: reading.every };
}
