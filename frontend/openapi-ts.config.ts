import { defineConfig } from '@hey-api/openapi-ts';

// `make client` writes openapi.json from the API's own document first; only the generated client is committed.
export default defineConfig({
  input: process.env.CLIENT_FROM ?? './openapi.json',
  output: { path: process.env.CLIENT_OUT ?? './src/lib/api/generated', clean: true },
  plugins: [
    { name: '@hey-api/client-fetch', throwOnError: true },
    { name: '@hey-api/typescript' },
    { name: '@hey-api/sdk' },
    { name: 'zod', exportFromIndex: false },
  ],
});
