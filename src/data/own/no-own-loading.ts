import type * as own from './own-loading.ts';

/** In a page, pictures and functions of its own do not come to the worker that trains: `trainOn` says so there. */
export const ownLoading: typeof own.ownLoading = () => undefined;
