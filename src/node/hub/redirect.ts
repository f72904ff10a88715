import { BlockList, isIP } from 'node:net';

/**
 * Why a redirect is not followed, as the end of a sentence; undefined if it may be. What is encrypted stays so, and nobody out
 * there sends us to services of this machine or of its cloud. A hub that is itself on this machine may do as it likes.
 */
export function refusal(from: URL, to: URL, endpoint: URL): string | undefined {
  if (to.protocol !== 'http:' && to.protocol !== 'https:') return 'what is no web address';
  // Whatever is in an address ends up in messages.
  if (to.username !== '' || to.password !== '') return 'an address with a user or a password';
  if (from.protocol === 'https:' && to.protocol === 'http:') return `http://${to.host} without encryption`;
  if (isLocal(to.hostname) && !isLocal(endpoint.hostname)) return `${to.host} on this machine`;
  return undefined;
}

const local = new BlockList();
local.addSubnet('127.0.0.0', 8);
local.addSubnet('0.0.0.0', 8);
// Link-local: the address at which clouds tell machines their secrets is one of these.
local.addSubnet('169.254.0.0', 16);
local.addAddress('::', 'ipv6');
local.addAddress('::1', 'ipv6');
local.addSubnet('fe80::', 10, 'ipv6');

function isLocal(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(host);
  if (version !== 0) return local.check(host, version === 6 ? 'ipv6' : 'ipv4');
  return /^(?:.*\.)?localhost\.?$/i.test(host);
}
