import { CardinalError } from '../../base/errors.ts';
import { hasSignature, signatures } from '../../base/file-signatures.ts';
import { quoted, shortened } from '../../base/quoted.ts';
import { parsePax, parseTarHeader, tarBlock, untilZero, type TarHeader } from './tar.ts';
import type { Window } from './window.ts';

/** A file in an archive. */
export interface TarMember {
  readonly name: string;
  /** Its first byte in the archive. */
  readonly offset: number;
  readonly size: number;
}

/** Bytes that the long name of a member or its pax header has at most. */
const mostAbout = 2 ** 20;

/**
 * The files in a tar archive (ustar, GNU, pax), in their order; folders and devices are passed over. Headers alone are read, and what
 * lies close to them.
 *
 * @throws CardinalError if it is none, is damaged or truncated, or holds links in place of files
 */
export async function* tarMembers(window: Window): AsyncGenerator<TarMember, void, undefined> {
  const { name: file, size: whole } = window.source;
  let at = 0;
  let longName: string | undefined;
  let global = none;
  let local = none;
  while (at < whole) {
    const header = headerAt(at, await window.read(at, Math.min(tarBlock, whole - at)), window);
    if (header === 'end') return;
    const { type } = header;
    const size = type === 'file' ? sizeOf(header, local, global, at, file) : header.size;
    const offset = at + tarBlock;
    if (offset + size > whole) {
      throw new CardinalError(
        `${file} is truncated: ${quoted(header.name)} at byte ${at} has ${size} bytes, and the archive ends at ${whole}`,
      );
    }
    at = offset + Math.ceil(size / tarBlock) * tarBlock;
    if (type === 'long-name') longName = untilZero(await about(window, header, offset));
    else if (type === 'pax') local = await records(window, header, offset);
    else if (type === 'pax-global') global = new Map([...global, ...(await records(window, header, offset))]);
    else if (type !== 'long-link') {
      const name = local.get('path') ?? longName ?? global.get('path') ?? header.name;
      if (type === 'sparse' || hasHoles(local))
        throw new CardinalError(`${file}: ${quoted(name)} is stored with holes: pack it without --sparse`);
      if (type === 'link') {
        throw new CardinalError(
          `${file}: ${quoted(name)} is a link to another file, and links are not followed: pack it with tar --dereference --hard-dereference`,
        );
      }
      longName = undefined;
      local = none;
      // Old programs mark a folder by its name alone.
      if (type === 'file' && !name.endsWith('/')) yield { name, offset, size };
    }
  }
}

/** What is said of most members beside their headers. */
const none: ReadonlyMap<string, string> = new Map();

function hasHoles(local: ReadonlyMap<string, string>): boolean {
  return local.size > 0 && [...local.keys()].some((key) => key.startsWith('GNU.sparse.'));
}

function headerAt(at: number, block: Uint8Array, { source: { name: file } }: Window): TarHeader | 'end' {
  const header = block.length < tarBlock ? undefined : parseTarHeader(block);
  if (header !== undefined) return header;
  if (at > 0) {
    const what = block.length < tarBlock ? `${block.length} bytes` : 'something else';
    throw new CardinalError(
      `${file} is damaged or truncated: expected the header of a tar archive at byte ${at}, got ${what}`,
    );
  }
  const isZipped = hasSignature(block, signatures.gzip);
  throw new CardinalError(
    `${file} is no tar archive${isZipped ? ': it is compressed by gzip, unpack it with gunzip' : ''}`,
  );
}

function sizeOf(
  { name, size }: TarHeader,
  local: ReadonlyMap<string, string>,
  global: ReadonlyMap<string, string>,
  at: number,
  file: string,
): number {
  const text = local.get('size') ?? global.get('size');
  if (text === undefined) return size;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CardinalError(
    `${file} is damaged: ${quoted(name)} at byte ${at} has the size ${shortened(text)}, expected a number of bytes`,
  );
}

async function records(
  window: Window,
  header: TarHeader,
  offset: number,
): Promise<ReadonlyMap<string, string>> {
  const found = parsePax(await about(window, header, offset));
  if (found !== undefined) return found;
  throw new CardinalError(`${window.source.name} is damaged: the pax header before byte ${offset} is none`);
}

/** What is said about another member. */
function about(window: Window, { size }: TarHeader, offset: number): Uint8Array | Promise<Uint8Array> {
  if (size <= mostAbout) return window.read(offset, size);
  throw new CardinalError(
    `${window.source.name} is damaged: a name before byte ${offset} has ${size} bytes, at most ${mostAbout} are expected`,
  );
}
