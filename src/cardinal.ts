/** All that a page uses in one module, for pages without a bundler: `dist/web/cardinal.js`. */
export * from './index.ts';
export * from './web/index.ts';
