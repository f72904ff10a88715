import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../results', import.meta.url));

/** Writes bench/results/<name>-<cpu>-<versions>.<extension>. */
export async function save(name: string, extension: string, text: string): Promise<void> {
  const cpu = cpus()[0]
    .model.replace(/[^\w]+/g, '-')
    .toLowerCase();
  const file = `${name}-${cpu}-node${process.versions.node}.${extension}`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), text);
  console.log(`wrote bench/results/${file}`);
}
