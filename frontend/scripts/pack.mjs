// Packs the built files once, so that the server need not do it for each browser.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const assets = new URL('../../api/ui/assets/', import.meta.url);
for (const name of readdirSync(assets).filter((each) => /\.(js|css|svg)$/.test(each))) {
  writeFileSync(new URL(`${name}.gz`, assets), gzipSync(readFileSync(new URL(name, assets)), { level: 9 }));
}
