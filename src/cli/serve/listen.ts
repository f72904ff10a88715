import { createServer } from 'node:net';
import { CardinalError } from '../../base/errors.ts';
import { hasCode } from '../../base/file-errors.ts';

/** An address to listen on, and the flag that its port came by. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly flag: '--port' | '--grpc-port';
}

/** Throws a `CardinalError` if nobody can listen there: before weights are fetched and read, which may take minutes. */
export async function checkFree(address: Address): Promise<void> {
  const { host, port } = address;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    throw listenError(error, address);
  }
  await new Promise((resolve) => server.close(resolve));
}

/** Why nobody can listen on `address`, as one line. */
export function listenError(error: unknown, { host, port, flag }: Address): unknown {
  const reason = reasons.find(([code]) => hasCode(error, code))?.[1];
  if (reason === undefined) return error;
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new CardinalError(`cannot listen on ${where}: ${reason(flag)}`, { cause: error });
}

const otherHost = 'give an address of this machine with --host';
const reasons: readonly (readonly [code: string, reason: (flag: string) => string])[] = [
  ['EADDRINUSE', (flag) => `the port is in use; give another with ${flag} (0 takes any that is free)`],
  [
    'EACCES',
    (flag) => `the system keeps that port for its administrator; give one from 1024 on with ${flag}`,
  ],
  ['EADDRNOTAVAIL', () => `this machine has no such address; ${otherHost}`],
  ['ENOTFOUND', () => `there is no machine of that name; ${otherHost}`],
  ['EAI_AGAIN', () => `that name cannot be looked up; ${otherHost}`],
  ['EINVAL', () => `that is no address to listen on; ${otherHost}`],
];
