import { isIPv4, isIPv6, type AddressInfo } from 'node:net';

import { ServeError } from '../errors.ts';

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^::ffff:(?=\d)/i, '');
  return plain === 'localhost' || plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

/** Whether it is the name of a host, in a header `Host` without a port. `*` stands for any. */
export function isHostName(text: string): boolean {
  return text === '*' || (text.length <= 253 && /^[\w-]+(\.[\w-]+)*$/.test(text));
}

/**
 * Which names clients may call a server by. A page of another site can have its own name point at this machine (DNS rebinding): its
 * visitors' browsers then send its requests here and let it read the answers, for they are of "its" server. But they send its name,
 * too, which nobody else would call this server by.
 *
 * An address is no name, and passes: so do probes. Where no names are given, a server that others reach by the network takes any
 * name: which ones it has there, it cannot know.
 */
export class Hosts {
  readonly #names: ReadonlySet<string>;
  readonly #any: boolean;
  #isStrict: boolean;

  constructor(given: readonly string[] | undefined) {
    this.#names = new Set(given?.map((name) => name.toLowerCase()));
    this.#any = this.#names.has('*');
    this.#isStrict = given !== undefined;
  }

  /** It listens there. */
  bound(address: AddressInfo | string | null): void {
    if (typeof address === 'object' && address !== null && isLoopback(address.address)) this.#isStrict = true;
  }

  /** Without a header it is no browser. */
  allows(header: string | undefined): boolean {
    if (!this.#isStrict || this.#any || header === undefined) return true;
    const name = header.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
    return isAddress(name) || name === 'localhost' || name.endsWith('.localhost') || this.#names.has(name);
  }
}

function isAddress(name: string): boolean {
  return isIPv4(name) || (name.startsWith('[') && name.endsWith(']') && isIPv6(name.slice(1, -1)));
}

export const otherHost = new ServeError(
  421,
  'other_host',
  'the request is for a host that this server is not known as; whoever runs it may give the name as one of its allowed hosts',
);
