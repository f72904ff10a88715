import { Metadata, status } from '@grpc/grpc-js';

import { shortened } from '../../base/quoted.ts';
import type { ServeError } from '../errors.ts';

/** gRPC's codes for HTTP's, as google.rpc.Code pairs them. */
const codes: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  413: status.RESOURCE_EXHAUSTED,
  415: status.INVALID_ARGUMENT,
  422: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

/** The trailer with what programs know an error by, `queue_full` say. */
export const errorKey = 'cardinal-error';

/** The status that a call ends with. Where HTTP has `Retry-After`, clients that retry are told how long to wait. */
export function statusOf(error: ServeError): { code: status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set(errorKey, error.code);
  const seconds = Number(error.headers['retry-after']);
  if (Number.isFinite(seconds)) metadata.set('grpc-retry-pushback-ms', String(seconds * 1000));
  // Trailers have room for some thousand bytes.
  const details = shortened(error.message, 1000);
  return { code: codes[error.status] ?? status.INTERNAL, details, metadata };
}

/** HTTP's status for gRPC's, so that calls of both are counted alike. `error` is the code of the error, if it is ours. */
export function httpStatusOf(code: status, error: string | undefined): number {
  if (code === status.OK) return 200;
  if (error === 'queue_full') return 429;
  // A message that never came whole: whoever sent it is gone. Failures of ours have an `error`.
  if (code === status.INTERNAL && error === undefined) return 499;
  const [http] = Object.entries(codes).find(([, own]) => own === code) ?? ['500'];
  return Number(http);
}
