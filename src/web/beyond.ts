import { CardinalError } from '../base/errors.ts';

/** The code of an error which says that a script for ResNets and ResNeXts has not what it takes: the complete one may have it. */
const code = 'ERR_BEYOND';

/** Says of an error that it may be for want of what only the complete scripts have. It keeps that on its way to the page. */
export function beyond(error: unknown): unknown {
  return error instanceof CardinalError ? Object.assign(error, { code }) : error;
}

export function isBeyond(error: unknown): boolean {
  return error instanceof CardinalError && 'code' in error && error.code === code;
}
