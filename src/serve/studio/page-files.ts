import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

import { CardinalError } from '../../base/errors.ts';
import { fileError, hasCode } from '../../base/file-errors.ts';

/** A file of the page as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
  /** Its name changes with its content, so a browser may keep it. */
  readonly isNamedByContent: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Tells the page that its engine is behind this server. */
const meta = '<meta name="cardinal-engine" content="machine" />';

/**
 * The files of the built page by their addresses. All of them are read at once: nothing else of the disk can be asked for. Throws a
 * `CardinalError` if it is not there.
 */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw notBuilt(folder);
    throw fileError('open', folder, error);
  });
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const address = path
      .slice(folder.length)
      .replace(/^[/\\]/, '')
      .split(sep)
      .join('/');
    const content = await readFile(path);
    const type = types[extname(address)] ?? 'application/octet-stream';
    files.set(`/${address}`, { type, content, isNamedByContent: address.startsWith('assets/') });
  }
  const index = files.get('/index.html');
  if (index === undefined) throw notBuilt(folder);
  const page = index.content.toString('utf8').replace('</head>', `  ${meta}\n  </head>`);
  files.set('/', { ...index, content: Buffer.from(page) });
  files.delete('/index.html');
  return files;
}

function notBuilt(folder: string): CardinalError {
  return new CardinalError(`the studio's page is not in ${folder}: run npm run build`);
}
