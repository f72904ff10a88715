/** Bytes of one round: arguments lie on the stack, which ends after some hundred thousand; a multiple of 3. */
const round = 24_576;

/** Bytes in base64, where there is no `Buffer`. */
export function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += round) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + round))));
  }
  return parts.join('');
}
