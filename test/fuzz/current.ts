import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const headBytes = 8;
const idle = 0xffffffff;

/** Which input is being read: a small file that a process writes and whoever watches it reads, after its death too. */
export class CurrentInput {
  readonly #file: number;
  readonly #head = Buffer.alloc(headBytes);

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  begin(index: number, bytes: Uint8Array): void {
    writeSync(this.#file, bytes, 0, bytes.length, headBytes);
    this.#write(index, bytes.length);
  }

  end(): void {
    this.#write(idle, 0);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(index: number, length: number): void {
    this.#head.writeUInt32LE(index, 0);
    this.#head.writeUInt32LE(length, 4);
    writeSync(this.#file, this.#head, 0, headBytes, 0);
  }
}

/** The input that a process is reading or was reading when it died; undefined if none. */
export function currentInput(
  path: string,
): { readonly index: number; readonly bytes: Uint8Array } | undefined {
  const content = readFileSync(path);
  if (content.length < headBytes) return undefined;
  const index = content.readUInt32LE(0);
  if (index === idle) return undefined;
  return { index, bytes: content.subarray(headBytes, headBytes + content.readUInt32LE(4)) };
}
