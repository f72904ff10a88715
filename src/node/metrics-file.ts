import { open } from 'node:fs/promises';
import { z } from 'zod';
import { crc32 } from '../base/crc32.ts';
import { epochRecordSchema, type EpochRecord } from '../train/progress.ts';
import { fileError, hasCode } from './files.ts';

/**
 * `metrics.jsonl`: a JSON object a line, of any number of lines; it is read a piece at a time. The last field of a line, `crc`, is
 * the CRC-32 of its bytes before `,"crc"` in eight hexadecimal digits: a digit that was changed is valid JSON, and noticed so.
 * Lines of earlier versions have none.
 */
const recordSchema = z.looseObject({
  type: z.string(),
  step: z.number().optional(),
  epoch: z.number().optional(),
  seconds: z.number().optional(),
  elapsed: z.number().optional(),
});
/** What a line says: its kind, its epoch and step where it has them, and whatever else it was written with. */
export type MetricsRecord = z.infer<typeof recordSchema>;

/** A line of the file. `number` counts from 1; `begin` and `end` are its place in bytes, its line break included. */
export interface MetricsLine {
  readonly number: number;
  readonly begin: number;
  readonly end: number;
  /** Undefined for a line that is damaged, or the last one that a killed process left unfinished. */
  readonly record?: MetricsRecord | undefined;
  /** What is wrong with it, in words; a record may be out of order and still be there. */
  readonly fault?: string | undefined;
  /** Whether it ends with a line break. */
  readonly finished: boolean;
}

/** A record as a line, with its checksum and line break. */
export function metricsLine(record: object): string {
  const said = JSON.stringify(record).slice(0, -1);
  const sum = crc32(new TextEncoder().encode(said)).toString(16).padStart(8, '0');
  return `${said},"crc":"${sum}"}\n`;
}

const sumBytes = ',"crc":"00000000"}'.length;
const sumPattern = /^,"crc":"([0-9a-f]{8})"\}$/;

/** What is read at a time, and the most that a line may take: the first one lists all classes. */
const pieceBytes = 1 << 20;
const mostLineBytes = 1 << 24;

/**
 * The lines of a file, those that are damaged included; none if there is no file. Takes the memory of a piece and a line, however
 * long the file. Throws a `CardinalError` if it cannot be read.
 */
export async function* readMetricsFile(
  path: string,
  piece = pieceBytes,
): AsyncGenerator<MetricsLine, void, undefined> {
  const order = new Order();
  let number = 0;
  for await (const raw of rawLines(path, piece)) {
    number++;
    const { begin, end, finished, bytes } = raw;
    const read = bytes === undefined ? tooLong : parse(bytes);
    // What a killed process was about to write is no damage.
    if (!finished && 'fault' in read) yield { number, begin, end, finished };
    else if ('fault' in read) yield { number, begin, end, finished, fault: order.damaged(read.fault) };
    else {
      const { record, summed } = read;
      yield { number, begin, end, finished, record, fault: order.next(record, summed) };
    }
  }
}

/** Every fault of a file as a line for people, at most `most` of them. */
export function faultLines(path: string, faults: readonly Fault[], most = 5): string[] {
  const told = faults.slice(0, most).map(({ number, fault }) => `${path}, line ${number}: ${fault}`);
  const more = faults.length - told.length;
  return more === 0 ? told : [...told, `${path}: ${more} more lines of it are damaged`];
}

export interface Fault {
  readonly number: number;
  readonly fault: string;
}

/** Gathers what is wrong with lines that go by; of a file that is all wrong not everything is kept. */
export class Faults {
  readonly all: Fault[] = [];

  note({ number, fault }: Pick<MetricsLine, 'number' | 'fault'>): void {
    if (fault !== undefined && this.all.length < 1000) this.all.push({ number, fault });
  }
}

/** Where a file is to be cut back, and what the part that stays says. */
export interface Rewinding {
  /** The bytes that stay; undefined if lines that stay come after others that do not. */
  readonly cut: number | undefined;
  /** Whether a line stays. */
  readonly stays: (line: MetricsLine) => boolean;
  /** Seconds that the run had taken, and what its epochs came to. */
  readonly seconds: number;
  readonly history: readonly EpochRecord[];
  readonly faults: readonly Fault[];
}

/**
 * How a file becomes that of a checkpoint: steps after `step` and epochs from `epoch` on go, because they will be done again. A
 * damaged line goes if it follows the checkpoint's last step, and stays where it is otherwise.
 */
export async function planRewind(
  path: string,
  { step, epoch }: { readonly step: number; readonly epoch: number },
): Promise<Rewinding> {
  const faults = new Faults();
  const history: EpochRecord[] = [];
  let seconds = 0;
  let kept = 0;
  let reached = 0;
  let cut: number | undefined;
  let mixed = false;
  for await (const line of readMetricsFile(path)) {
    const { record, begin, end } = line;
    if (record === undefined) {
      // Nothing is missing before it: it is one of those that go.
      if (line.fault === undefined || reached >= step) cut ??= begin;
      else {
        faults.note(line);
        kept = end;
      }
      continue;
    }
    if (!belongs(record, { step, epoch })) {
      cut ??= begin;
      continue;
    }
    faults.note(line);
    if (cut !== undefined || !line.finished) mixed = true;
    kept = end;
    reached = Math.max(reached, record.step ?? 0);
    seconds = elapsedAfter(seconds, record);
    const judged = record.type === 'epoch' ? epochRecordSchema.safeParse(record) : undefined;
    if (judged?.success === true && judged.data.epoch > (history.at(-1)?.epoch ?? -1)) history.push(judged.data);
  }
  const stays = ({ record, fault }: MetricsLine): boolean =>
    record === undefined ? fault !== undefined : belongs(record, { step, epoch });
  return { cut: mixed ? undefined : (cut ?? kept), stays, seconds, history, faults: faults.all };
}

/** The bytes of the lines that stay, a line at a time. */
export async function* linesThatStay(
  path: string,
  stays: Rewinding['stays'],
): AsyncGenerator<Uint8Array, void, undefined> {
  const kept = readMetricsFile(path);
  const raw = rawLines(path, pieceBytes);
  for await (const line of kept) {
    const next = await raw.next();
    if (next.done === true) return;
    const { bytes } = next.value;
    if (bytes === undefined || !stays(line)) continue;
    yield bytes;
    yield Uint8Array.of(newline);
  }
}

function belongs(
  { type, epoch = 0, step = 0 }: MetricsRecord,
  progress: { readonly step: number; readonly epoch: number },
): boolean {
  return type === 'epoch' ? epoch < progress.epoch : step <= progress.step;
}

/** How long a run had taken when a line was written. Earlier versions wrote no `elapsed`. */
function elapsedAfter(before: number, { type, seconds = 0, elapsed }: MetricsRecord): number {
  if (type === 'step') return elapsed ?? before;
  if (type === 'epoch') return elapsed ?? before + seconds;
  return type === 'end' ? Math.max(before, seconds) : before;
}

/** Whether records follow each other as a run writes them. */
class Order {
  #step = 0;
  #epoch = -1;
  /** Whether lines have checksums by now; they begin with the line of a process that started. */
  #summed = false;
  #lines = 0;
  /** Damage explains that something is missing. */
  #damaged = false;

  damaged(fault: string): string {
    this.#damaged = true;
    this.#lines++;
    return fault;
  }

  next(record: MetricsRecord, summed: boolean): string | undefined {
    const { type, step, epoch } = record;
    const lost = !summed && this.#summed;
    // The last field of an earlier line was damaged, so that it seems to be of an earlier version.
    const began = summed && !this.#summed && this.#lines > 0 && type !== 'start';
    this.#summed ||= summed;
    this.#lines++;
    const explained = this.#damaged;
    if (lost) {
      this.#damaged = true;
      return 'its checksum is missing: it is damaged, or was written by something else';
    }
    let fault: string | undefined;
    if (type === 'step' && step !== undefined) {
      if (step !== this.#step + 1 && !explained) fault = `step ${step} follows step ${this.#step}`;
      this.#step = step;
      this.#damaged = false;
    } else if (type === 'epoch' && epoch !== undefined) {
      if (epoch !== this.#epoch + 1 && !explained) fault = `epoch ${epoch + 1} follows epoch ${this.#epoch + 1}`;
      this.#epoch = epoch;
    }
    return began ? 'a line before it has lost its checksum: it is damaged' : fault;
  }
}

const tooLong = { fault: `it is longer than ${mostLineBytes} bytes` };

function parse(
  bytes: Uint8Array,
): { readonly record: MetricsRecord; readonly summed: boolean } | { readonly fault: string } {
  const said = bytes.length - sumBytes;
  const [, sum] = sumPattern.exec(decoded(bytes.subarray(Math.max(0, said)))) ?? [];
  if (sum !== undefined && crc32(bytes.subarray(0, said)) !== Number.parseInt(sum, 16)) {
    return { fault: 'it is not what was written (CRC-32)' };
  }
  try {
    const result = recordSchema.safeParse(JSON.parse(decoded(bytes)));
    if (!result.success) return { fault: 'it is no record of a run' };
    const { crc: _, ...record } = result.data;
    return { record: sum === undefined ? result.data : (record as MetricsRecord), summed: sum !== undefined };
  } catch {
    return { fault: 'it is not JSON' };
  }
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const newline = 0x0a;

/** A line's bytes without its line break; none if it is too long. */
interface RawLine extends Pick<MetricsLine, 'begin' | 'end' | 'finished'> {
  readonly bytes?: Uint8Array;
}

async function* rawLines(path: string, piece: number): AsyncGenerator<RawLine, void, undefined> {
  let parts: Uint8Array[] = [];
  let begin = 0;
  let position = 0;
  const line = (end: number, finished: boolean): RawLine => {
    const length = end - begin - (finished ? 1 : 0);
    const place = { begin, end, finished };
    const joined = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    parts = [];
    begin = end;
    return length > mostLineBytes ? place : { ...place, bytes: joined };
  };
  for await (const bytes of pieces(path, piece)) {
    let from = 0;
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
      parts.push(bytes.subarray(from, at));
      yield line(position + at + 1, true);
      from = at + 1;
    }
    position += bytes.length;
    // Of a line that is too long nothing more is kept.
    if (from < bytes.length && position - begin <= mostLineBytes + piece) parts.push(bytes.subarray(from));
  }
  if (position > begin) yield line(position, false);
}

async function* pieces(path: string, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw fileError('read', path, error);
  });
  if (file === undefined) return;
  try {
    for (let position = 0; ;) {
      const { bytesRead, buffer } = await file
        .read(new Uint8Array(length), 0, length, position)
        .catch((error: unknown) => {
          throw fileError('read', path, error);
        });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}
