import { UsageError } from '../../base/errors.ts';
import { readTextFile } from '../../node/files.ts';
import { areTls, type TlsOptions } from '../../serve/tls.ts';
import type { ServeFlags } from './settings.ts';

/** A chain of certificates has some kilobytes. */
const mostBytes = 2 ** 20;

/** What `--tls-cert` and `--tls-key` name. Throws a `CardinalError` unless they belong together; undefined without them. */
export async function tlsOf({
  tlsCert,
  tlsKey,
}: Pick<ServeFlags, 'tlsCert' | 'tlsKey'>): Promise<TlsOptions | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError('--tls-cert and --tls-key: expected both, got one');
  }
  const [cert, key] = await Promise.all([readTextFile(tlsCert, mostBytes), readTextFile(tlsKey, mostBytes)]);
  if (areTls({ cert, key })) return { cert, key };
  throw new UsageError(
    `--tls-cert, --tls-key: expected a certificate and its private key as PEM, without a passphrase, got ${tlsCert} and ${tlsKey}`,
  );
}
