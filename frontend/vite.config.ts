import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The build lands inside the API's package, so that the wheel and the image carry it (see docs/decisions).
export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  html: { cspNonce: '__CSP_NONCE__' },
  build: { outDir: '../api/ui', emptyOutDir: true, manifest: 'manifest.json', assetsInlineLimit: 0, target: 'es2023' },
  server: { proxy: { '/api': 'http://127.0.0.1:8000' } },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/test/setup.ts'],
    css: false,
    restoreMocks: true,
    testTimeout: 120_000,
  },
});
