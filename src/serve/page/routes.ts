import { readFile } from 'node:fs/promises';

import type { ServePart } from '../context.ts';
import { page } from './page.ts';
import { pageStyle } from './style.ts';

/**
 * `GET /`, the page, and what lies beside it: its script, and the style that the description of routes has as well. They hold nothing of
 * the server's: nobody needs a key for them, and the page asks for it.
 */
export const pageRoutes: ServePart = async (app) => {
  // It is the same in the sources and in the package.
  const script = await readFile(new URL('in-page.js', import.meta.url), 'utf8');
  const files = [
    ['/', 'text/html', page],
    ['/page.css', 'text/css', pageStyle],
    ['/page.js', 'text/javascript', script],
  ] as const;
  for (const [path, type, content] of files) {
    app.get(path, { config: { kind: 'open' } }, (_request, reply) =>
      reply.type(`${type}; charset=utf-8`).send(content),
    );
  }
};
