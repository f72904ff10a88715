/** Decodes each file of a folder and prints what came of it, and by how many bytes the most memory that was held grew meanwhile. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadPicture } from '../../src/node/data/decode.ts';

const [, , folder, first] = process.argv;
const peak = (): number => process.resourceUsage().maxRSS * 1024;

// What a process takes once for its decoder is no picture's.
await loadPicture(first);
const results: { name: string; said: string; grown: number }[] = [];
for (const name of readdirSync(folder)) {
  const before = peak();
  const said = await loadPicture(join(folder, name)).then(
    ({ width, height }) => `${width}×${height}`,
    (error: unknown) => String(error),
  );
  results.push({ name, said, grown: peak() - before });
}
console.log(JSON.stringify(results));
