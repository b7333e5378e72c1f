/** What the API would answer in these components' tests. */
import type { CheckResult, Connector, ConnectorHealth, Discovery } from '@/lib/api/client';

export const CONNECTOR: Connector = {
  id: 'con_1',
  name: 'Shop',
  apiType: 'rest',
  baseUrl: 'https://api.example.com/v1',
  headers: { 'Accept-Language': 'en' },
  authType: 'bearer',
  rateLimitConfig: { requestsPerMinute: 60, burstLimit: 10 },
  status: 'connected',
  hasCredential: true,
  createdAt: '2026-11-01T00:00:00Z',
  updatedAt: '2026-11-02T00:00:00Z',
};

export const OAUTH: Connector = {
  ...CONNECTOR,
  authType: 'oauth2',
  status: 'needs_auth',
  hasCredential: false,
  oauthConfig: {
    clientId: 'app',
    authorizationUrl: 'https://id.example.com/a',
    tokenUrl: 'https://id.example.com/t',
    redirectUri: 'https://varlor.example.com/api/v2/connectors/con_1/oauth/callback',
  },
};

export const TESTED: CheckResult = {
  ok: true,
  statusCode: 200,
  latencyMs: 42,
  url: 'https://api.example.com/v1/users',
  recordPath: '$.data',
  pagination: { type: 'next_url', nextPath: '$.next' },
  sample: {
    columns: [
      { name: 'id', type: 'long' },
      { name: 'email', type: 'string' },
    ],
    rows: [
      { id: 1, email: 'ada@example.com' },
      { id: 2, email: null },
    ],
    truncated: false,
  },
};

export const REFUSED: CheckResult = {
  ok: false,
  url: 'https://api.example.com/v1',
  statusCode: 401,
  error: { type: 'invalid_credential', title: 'The credential was refused', detail: 'The API answered 401.' },
};

export const DISCOVERY: Discovery = {
  source: 'openapi',
  fetchedAt: '2026-11-02T00:00:00Z',
  expiresAt: '2026-11-02T01:00:00Z',
  endpoints: [
    { id: 'listOrders', method: 'GET', path: '/orders', summary: 'Orders of the shop', primaryKey: ['id'] },
    {
      id: 'listLines',
      method: 'GET',
      path: '/orders/{orderId}/lines',
      summary: 'Lines of an order',
      parameters: [
        { name: 'orderId', location: 'path', required: true },
        { name: 'status', location: 'query', enum: ['open', 'paid'] },
      ],
    },
  ],
  notes: [],
};

export const HEALTH: ConnectorHealth = {
  connectorId: 'con_1',
  status: 'connected',
  lastCheck: null,
  token: { status: 'none', version: 0 },
  rateLimit: { lastMinute: 30, lastSecond: 1, requestsPerMinute: 60, burstLimit: 10, blockedFor: 0 },
  recent: { runs: 4, failed: 1 },
};
