/** What a person has said so far of a new connector and of what to read from it, in the form's own shape. */
import type { Endpoint } from '@/lib/api/client';

export type ApiType = 'rest' | 'graphql' | 'webhook';
export type AuthType = 'none' | 'bearer' | 'oauth2' | 'apikey';
export type WriteMode = 'append' | 'replace' | 'merge';
export type Pagination = NonNullable<Endpoint['pagination']>;

export const STEPS = ['source', 'where', 'who', 'test', 'what', 'keep'] as const;
export type Step = (typeof STEPS)[number];

export interface Pair {
  name: string;
  value: string;
}

/** Everything but the secrets: it may be written to the tab's own storage. */
export interface Draft {
  apiType: ApiType;
  presetId: string | null;
  variables: Record<string, string>;
  name: string;
  baseUrl: string;
  headers: Pair[];
  requestsPerMinute: number;
  burstLimit: number;
  authType: AuthType;
  keyName: string;
  keyLocation: 'header' | 'query';
  keyPrefix: string;
  grant: 'authorization_code' | 'client_credentials';
  issuer: string;
  authorizationUrl: string;
  tokenUrl: string;
  revocationUrl: string;
  clientId: string;
  tokenEndpointAuthMethod: 'none' | 'client_secret_basic' | 'client_secret_post';
  scopes: string;
  audience: string;
  webhookStyle: 'standard' | 'github' | 'stripe' | 'slack' | 'hmac';
  webhookHeader: string;
  /** What the connection test asks for; null is what the preset says, if there is one. */
  testPath: string | null;
}

export interface Secrets {
  bearerToken: string;
  apiKey: string;
  clientSecret: string;
}

/** What to read: an endpoint of the document, a path of one's own, or a GraphQL query. */
export interface Reading {
  endpointId: string | null;
  path: string;
  query: string;
  variables: string;
  params: Pair[];
  recordPath: string;
  pagination: 'auto' | Pagination;
  dataset: string;
  writeMode: WriteMode;
  primaryKey: string;
  /** How the endpoint can be asked for what is new alone, if it is known. */
  incremental: Endpoint['incremental'];
  onlyNew: boolean;
  every: string;
}

export const EMPTY_DRAFT: Draft = {
  apiType: 'rest',
  presetId: null,
  variables: {},
  name: '',
  baseUrl: '',
  headers: [],
  requestsPerMinute: 60,
  burstLimit: 10,
  authType: 'bearer',
  keyName: 'X-API-Key',
  keyLocation: 'header',
  keyPrefix: '',
  grant: 'authorization_code',
  issuer: '',
  authorizationUrl: '',
  tokenUrl: '',
  revocationUrl: '',
  clientId: '',
  tokenEndpointAuthMethod: 'none',
  scopes: '',
  audience: '',
  webhookStyle: 'standard',
  webhookHeader: '',
  testPath: null,
};

export const NO_SECRETS: Secrets = { bearerToken: '', apiKey: '', clientSecret: '' };

export const EMPTY_READING: Reading = {
  endpointId: null,
  path: '',
  query: '',
  variables: '{}',
  params: [],
  recordPath: '',
  pagination: 'auto',
  dataset: '',
  writeMode: 'append',
  primaryKey: '',
  incremental: null,
  onlyNew: true,
  every: '',
};
