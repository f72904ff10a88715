import { createSecureContext } from 'node:tls';

/** What a server proves by that it is who it says. */
export interface TlsOptions {
  /** The certificate and those between it and the authority's, PEM. */
  readonly cert: string | Uint8Array;
  /** Its private key, PEM. */
  readonly key: string | Uint8Array;
}

/** Whether a server can begin with them: that the key is the certificate's. */
export function areTls({ cert, key }: TlsOptions): boolean {
  try {
    createSecureContext(inNode({ cert, key }));
    return true;
  } catch {
    return false;
  }
}

/** As Node takes them. */
export function inNode({ cert, key }: TlsOptions): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: Buffer.from(cert), key: Buffer.from(key) };
}
