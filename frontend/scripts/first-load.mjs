// Prints what the first page makes a browser load, and fails beyond the promise: 250 kB of compressed script.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_KB = 250;
const dist = new URL('../../api/ui/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', dist), 'utf8'));

/** Every script that must be there before the entry's first line runs, and that of the start page. */
function needed(key, seen = new Set()) {
  if (!seen.has(key)) {
    seen.add(key);
    for (const next of manifest[key].imports ?? []) needed(next, seen);
  }
  return seen;
}

const chunks = needed('index.html', needed('src/routes/DatasetsPage.tsx'));
const sizes = [...chunks]
  .map((key) => manifest[key].file)
  .filter((file) => file.endsWith('.js'))
  .map((file) => [gzipSync(readFileSync(new URL(file, dist))).length / 1000, file])
  .toSorted((a, b) => b[0] - a[0]);
const total = sizes.reduce((sum, [kb]) => sum + kb, 0);
for (const [kb, file] of sizes.slice(0, 5)) console.log(`${kb.toFixed(1).padStart(8)} kB  ${file}`);
console.log(`${total.toFixed(1).padStart(8)} kB  of compressed script on first load (at most ${LIMIT_KB})`);
process.exitCode = total > LIMIT_KB ? 1 : 0;
