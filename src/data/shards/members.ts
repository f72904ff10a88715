import type { ShardMembers, ShardSource } from '../picture-source.ts';
import { sharedMemory } from '../shared-memory.ts';

/** A range of bytes in a file. */
export interface Member {
  readonly file: string;
  readonly offset: number;
  readonly size: number;
}

/** Where the picture of sample `index` is. */
export function memberOf({ files, members, rows }: ShardSource, index: number): Member {
  const row = rows[index];
  return {
    file: files[fileOf(members, row)],
    offset: members.offsets[row],
    size: members.sizes[row],
  };
}

/** The name of sample `index` within its archive. */
export function memberName({ members, rows }: ShardSource, index: number): string {
  const row = rows[index];
  // A copy: decoders take no views of shared memory.
  return decoder.decode(
    members.names.slice(row === 0 ? 0 : members.nameEnds[row - 1], members.nameEnds[row]),
  );
}

const decoder = new TextDecoder();

/** What a person finds sample `index` by: its archive and its name in it. */
export function memberPath(source: ShardSource, index: number): string {
  return `${memberOf(source, index).file}/${memberName(source, index)}`;
}

/** Samples at which another file than before begins, from 0 on: where an order by files may be cut. */
export function fileStarts({ members, rows }: ShardSource): Uint32Array {
  const starts: number[] = [];
  let file = -1;
  for (const [index, row] of rows.entries()) {
    if (file >= 0 && row >= members.starts[file] && row < members.starts[file + 1]) continue;
    file = fileOf(members, row);
    starts.push(index);
  }
  return Uint32Array.from(starts);
}

/** The file that a member is in: the last one that begins at or before it. */
function fileOf({ starts }: ShardMembers, row: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle] <= row) low = middle;
    else high = middle;
  }
  return low;
}

/** The members of several sources, one after the other. */
export function joinedShards(sources: readonly ShardSource[]): ShardSource {
  const table = { members: 0, names: 0 };
  const starts: number[] = [];
  const rows: Uint32Array[] = [];
  const nameEnds: Uint32Array[] = [];
  for (const { files, members, rows: own } of sources) {
    const { members: before, names } = table;
    for (const start of members.starts.subarray(0, files.length)) starts.push(before + start);
    rows.push(own.map((row) => before + row));
    nameEnds.push(members.nameEnds.map((end) => names + end));
    table.members += members.sizes.length;
    table.names += members.names.length;
  }
  const of = <T extends Numbers>(make: (memory: ArrayBufferLike) => T, parts: readonly T[]): T => {
    const whole = make(sharedMemory(parts.reduce((sum, { byteLength }) => sum + byteLength, 0)));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const all = sources.map(({ members }) => members);
  return {
    ...sources[0],
    files: sources.flatMap(({ files }) => files),
    rows: of((memory) => new Uint32Array(memory), rows),
    members: {
      starts: Uint32Array.from([...starts, table.members]),
      offsets: of(
        (memory) => new Float64Array(memory),
        all.map(({ offsets }) => offsets),
      ),
      sizes: of(
        (memory) => new Uint32Array(memory),
        all.map(({ sizes }) => sizes),
      ),
      names: of(
        (memory) => new Uint8Array(memory),
        all.map(({ names }) => names),
      ),
      nameEnds: of((memory) => new Uint32Array(memory), nameEnds),
    },
  };
}

type Numbers = Float64Array | Uint32Array | Uint8Array;
