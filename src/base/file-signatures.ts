/** What stands at the beginning of files: bytes, and letters of one byte each. */
export type Signature = readonly (number | string)[];

/** Signatures that are asked for where pictures and where weights are expected. */
export const signatures = {
  jpeg: [0xff, 0xd8, 0xff],
  png: [0x89, 'PNG\r\n', 0x1a, '\n'],
  gif: ['GIF8'],
  pdf: ['%PDF'],
  gzip: [0x1f, 0x8b],
} as const satisfies Readonly<Record<string, Signature>>;

/** Whether a signature stands at `at` of a file that begins with `head`. */
export function hasSignature(head: Uint8Array, signature: Signature, at = 0): boolean {
  const expected = signature.flatMap((part) =>
    typeof part === 'number' ? [part] : Array.from(part, (letter) => letter.charCodeAt(0)),
  );
  return expected.every((byte, i) => head[at + i] === byte);
}

/** Whether a text is what a repository has in place of a large file, until git lfs pull fetches that. */
export function isLfsPointer(text: string): boolean {
  return text.startsWith('version https://git-lfs');
}

/** Whether a text is a page of the web, as a download gives that failed or needs a login. */
export function isWebPage(text: string): boolean {
  return /^\s*<(!doctype\s+html|html|head|body)\b/i.test(text);
}
