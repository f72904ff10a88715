/** What an ETag promises of a content. */
export interface Checksum {
  readonly name: 'SHA-256' | 'SHA-1';
  /** In small hexadecimal digits. */
  readonly digits: string;
}

/**
 * The hub's ETags are hashes: SHA-256 of what lies in large storage, of other files Git's SHA-1, which mirrors replace by the
 * content's own. Undefined for anything else, by which nothing can be verified.
 */
export function checksumOf(etag: string): Checksum | undefined {
  const digits = etag.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return { name: 'SHA-256', digits };
  return /^[0-9a-f]{40}$/.test(digits) ? { name: 'SHA-1', digits } : undefined;
}
