import type { Content, Operation } from './operation.ts';

const html: Content = { schema: { type: 'string', contentMediaType: 'text/html' } };

/** For who runs the server, and for who looks at it. */
export const upkeepOperations: readonly Operation[] = [
  {
    ...{ method: 'get', path: '/metrics', tag: 'operation', errors: [401, 503] },
    summary: 'Numbers for Prometheus: requests, errors, queue, times by stage, models, process.',
    answers: {
      200: {
        description: 'Metrics in the text format of Prometheus.',
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
    },
    curl: '{server}/metrics',
  },
  {
    ...{ method: 'get', path: '/openapi.json', tag: 'operation', errors: [], isOpen: true },
    summary: 'This description.',
    answers: {
      200: {
        description: 'OpenAPI 3.1.',
        content: { 'application/json': { schema: { type: 'object', required: ['openapi'] } } },
      },
    },
    curl: '{server}/openapi.json',
  },
  {
    ...{ method: 'get', path: '/docs', tag: 'operation', errors: [], isOpen: true },
    summary: 'This description as a page.',
    answers: { 200: { description: 'A page.', content: { 'text/html': html } } },
    curl: '{server}/docs',
  },
  {
    ...{ method: 'get', path: '/', tag: 'operation', errors: [], isOpen: true },
    summary: 'A page to try pictures with.',
    answers: { 200: { description: 'A page.', content: { 'text/html': html } } },
    curl: '{server}/',
  },
];
