// An authorization server that nobody here wrote (node-oidc-provider), as strict as it can be made.
// usage: node server.js <port> <lifetime of an access token, seconds>; clients register themselves at /reg.
// Its accounts are whatever name is typed in; "editor@acme" has that role in that tenant.
import { Provider } from 'oidc-provider';

const [port, life] = process.argv.slice(2).map(Number);
const server = new Provider(`http://127.0.0.1:${port}`, {
  cookies: { keys: ['of one test run'] },
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
  },
  claims: { openid: ['sub', 'tenant_id', 'roles'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => {
    const [role, tenant] = id.split('@');
    return { accountId: id, claims: () => ({ sub: id, roles: [role], tenant_id: tenant }) };
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  scopes: ['openid', 'offline_access'],
  ttl: { AccessToken: life, ClientCredentials: life, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600 },
});

const counts = {};
const count = (name) => { counts[name] = (counts[name] ?? 0) + 1; };
server.on('grant.success', (ctx) => count(ctx.oidc.params.grant_type));
server.on('grant.error', (ctx, error) => count(error.message));
server.on('grant.revoked', () => count('grant revoked'));
server.on('refresh_token.consumed', () => count('refresh token used up'));
server.on('access_token.destroyed', () => count('access token revoked'));
server.on('refresh_token.destroyed', () => count('refresh token revoked'));
server.use(async (ctx, next) => {
  if (ctx.path === '/counts') ctx.body = counts;
  else await next();
});
server.listen(port, '127.0.0.1');
