import { readFile, writeFile } from 'node:fs/promises';
import { CardinalError } from '../../src/base/errors.ts';

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in a Markdown file. */
export async function replaceSection(file: string, name: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const page = await readFile(file, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) {
    throw new CardinalError(`${file}: expected ${begin} and ${end} around the part to replace`);
  }
  await writeFile(file, `${page.slice(0, from + begin.length)}\n${text}${page.slice(to)}`);
}
