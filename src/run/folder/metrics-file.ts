import * as z from 'zod/mini';
import { joinedBytes } from '../../base/joined-bytes.ts';
import { crc32 } from '../../base/crc32.ts';
import { epochRecordSchema, type EpochRecord } from '../../train/progress.ts';
import type { FilePlatform } from './file-system.ts';
import { fileError, hasCode } from '../../base/file-errors.ts';

/**
 * `metrics.jsonl`: a JSON object a line, of any number of lines; it is read a piece at a time. The last field of a line, `crc`, is
 * the CRC-32 of its bytes before `,"crc"` in eight hexadecimal digits: a digit that was changed is valid JSON, and noticed so.
 * Lines of earlier versions have none.
 */
const recordSchema = z.looseObject({
  type: z.string(),
  step: z.optional(z.number()),
  epoch: z.optional(z.number()),
  seconds: z.optional(z.number()),
  elapsed: z.optional(z.number()),
});
/** The contents of a line: its kind, its epoch and step where it has them, and whatever else it was written with. */
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
  /** Whether it has a checksum. */
  readonly summed?: boolean | undefined;
  /** Whether it ends with a line break. */
  readonly finished: boolean;
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
  platform: FilePlatform,
  piece = pieceBytes,
): AsyncGenerator<MetricsLine, void, undefined> {
  for await (const line of linesWithBytes(path, platform, piece)) {
    const { number, begin, end, record, fault, summed, finished } = line;
    yield { number, begin, end, record, fault, summed, finished };
  }
}

/** The lines with their bytes, without line breaks. */
async function* linesWithBytes(
  path: string,
  platform: FilePlatform,
  piece = pieceBytes,
): AsyncGenerator<MetricsLine & Pick<RawLine, 'bytes'>, void, undefined> {
  const order = new Order();
  let number = 0;
  for await (const raw of rawLines(path, platform, piece)) {
    number++;
    const { finished, bytes } = raw;
    const line = { ...raw, number };
    const read = bytes === undefined ? tooLong : parseMetricsLine(bytes);
    if ('record' in read) yield { ...line, ...read, fault: order.next(read.record, read.summed) };
    else if (finished) yield { ...line, fault: order.damaged(read.fault) };
    else {
      // Nothing but its line break may be damaged. What a killed process was about to write is no damage.
      const unbroken = bytes?.subarray(0, -1);
      const short = unbroken === undefined ? read : parseMetricsLine(unbroken);
      if (!('record' in short) || !short.summed) yield line;
      else {
        order.next(short.record, true);
        yield { ...line, ...short, ...(unbroken && { bytes: unbroken }), fault: 'its line break is damaged' };
      }
    }
  }
}

/** Every fault of a file as a line for people, at most `most` of them. */
export function faultLines(path: string, faults: readonly Fault[], most = 5): string[] {
  const listed = faults.slice(0, most).map(({ number, fault }) => `${path}, line ${number}: ${fault}`);
  const more = faults.length - listed.length;
  return more === 0 ? listed : [...listed, `${path}: ${more} more lines of it are damaged`];
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

/** How far a checkpoint is: the steps that it has done, the epochs, and whether what was frozen is trained by then. */
export interface Reached {
  readonly step: number;
  readonly epoch: number;
  readonly unfrozen?: boolean | undefined;
}

/** Where a file is to be cut back, and the contents of the part that stays. */
export interface Rewinding {
  /** The bytes that stay; undefined if lines that stay come after others that do not. */
  readonly cut: number | undefined;
  /** Seconds that the run had taken, and what its epochs came to. */
  readonly seconds: number;
  readonly history: readonly EpochRecord[];
  /** Of the lines that stay. */
  readonly faults: readonly Fault[];
}

/**
 * How a file becomes that of a checkpoint: steps after its last one, epochs that it has not done and an unfreezing that it does not know
 * go, because they will be done again, and with them the lines behind them that are of no step or epoch.
 */
export async function planRewind(path: string, reached: Reached, platform: FilePlatform): Promise<Rewinding> {
  const faults = new Faults();
  const history: EpochRecord[] = [];
  const stays = staying(reached);
  let seconds = 0;
  let cut: number | undefined;
  let end = 0;
  let isWhole = true;
  for await (const line of readMetricsFile(path, platform)) {
    if (!stays(line)) {
      cut ??= line.begin;
      continue;
    }
    faults.note(line);
    if (cut !== undefined || !line.finished) isWhole = false;
    end = line.end;
    const { record } = line;
    if (record === undefined) continue;
    seconds = elapsedAfter(seconds, record);
    const parsed = record.type === 'epoch' ? epochRecordSchema.safeParse(record) : undefined;
    if (parsed?.success === true && parsed.data.epoch > (history.at(-1)?.epoch ?? -1))
      history.push(parsed.data);
  }
  return { cut: isWhole ? (cut ?? end) : undefined, seconds, history, faults: faults.all };
}

/** The bytes of the lines that stay, a line at a time, for a file in which others come between them. */
export async function* linesThatStay(
  path: string,
  reached: Reached,
  platform: FilePlatform,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stays = staying(reached);
  for await (const line of linesWithBytes(path, platform)) {
    if (!stays(line) || line.bytes === undefined) continue;
    yield line.bytes;
    yield Uint8Array.of(newline);
  }
}

/** Whether a line stays, asked of one after the other. */
function staying({
  step: lastStep,
  epoch: epochs,
  unfrozen = false,
}: Reached): (line: MetricsLine) => boolean {
  let at = 0;
  let isBehind = false;
  return ({ record, fault }) => {
    if (record === undefined) {
      // A damaged line is of a step that goes if none is missing before it.
      isBehind ||= fault === undefined || at >= lastStep;
      return !isBehind;
    }
    const { type, step, epoch } = record;
    if (type === 'epoch' && epoch !== undefined) isBehind = epoch >= epochs;
    else if (step !== undefined) {
      // An unfreezing has the step before it.
      isBehind = step > lastStep || (type === 'unfrozen' && step === lastStep && !unfrozen);
      at = Math.max(at, step);
    }
    return !isBehind;
  };
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
  /** Damage explains that a step or an epoch is missing. */
  readonly #explained = { step: false, epoch: false };

  damaged(fault: string): string {
    this.#explained.step = true;
    this.#explained.epoch = true;
    this.#lines++;
    return fault;
  }

  next(record: MetricsRecord, summed: boolean): string | undefined {
    const { type, step, epoch } = record;
    if (!summed && this.#summed)
      return this.damaged('its checksum is missing: it is damaged, or was written by something else');
    // The last field of an earlier line was damaged, so that it seems to be of an earlier version.
    const lost = summed && !this.#summed && this.#lines > 0 && type !== 'start';
    this.#summed ||= summed;
    this.#lines++;
    let fault: string | undefined;
    if (type === 'epoch' && epoch !== undefined) {
      if (epoch !== this.#epoch + 1 && !this.#explained.epoch)
        fault = `epoch ${epoch + 1} follows epoch ${this.#epoch + 1}`;
      this.#epoch = epoch;
      this.#explained.epoch = false;
    } else if (type === 'step' && step !== undefined) {
      if (step !== this.#step + 1 && !this.#explained.step) fault = `step ${step} follows step ${this.#step}`;
      this.#step = step;
      this.#explained.step = false;
    }
    return lost ? 'a line before it has lost its checksum: it is damaged' : fault;
  }
}

const tooLong = { fault: `it is longer than ${mostLineBytes} bytes` };

/** The contents of a line without its line break, or what is wrong with it. */
export function parseMetricsLine(
  bytes: Uint8Array,
): { readonly record: MetricsRecord; readonly summed: boolean } | { readonly fault: string } {
  const summedBytes = bytes.length - sumBytes;
  const sum = sumPattern.exec(decoded(bytes.subarray(Math.max(0, summedBytes))))?.[1];
  if (sum !== undefined && crc32(bytes.subarray(0, summedBytes)) !== Number.parseInt(sum, 16)) {
    return { fault: 'it is not what was written (CRC-32)' };
  }
  try {
    const result = recordSchema.safeParse(JSON.parse(decoded(bytes)));
    if (!result.success) return { fault: 'it is no record of a run' };
    if (sum !== undefined) Reflect.deleteProperty(result.data, 'crc');
    return { record: result.data, summed: sum !== undefined };
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

async function* rawLines(
  path: string,
  platform: FilePlatform,
  piece: number,
): AsyncGenerator<RawLine, void, undefined> {
  let parts: Uint8Array[] = [];
  let begin = 0;
  let position = 0;
  const line = (end: number, finished: boolean): RawLine => {
    const length = end - begin - (finished ? 1 : 0);
    const place = { begin, end, finished };
    const joined = parts.length === 1 ? parts[0] : joinedBytes(parts);
    parts = [];
    begin = end;
    return length > mostLineBytes ? place : { ...place, bytes: joined };
  };
  for await (const bytes of pieces(path, platform, piece)) {
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

async function* pieces(
  path: string,
  { files }: FilePlatform,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const failed = (error: unknown): never => {
    throw fileError('read', path, error);
  };
  const file = await files
    .open(path, 'r')
    .catch((error: unknown) => (hasCode(error, 'ENOENT') ? undefined : failed(error)));
  if (file === undefined) return;
  try {
    for (let position = 0; ;) {
      const bytes = new Uint8Array(length);
      const read = await file.read(bytes, position).catch(failed);
      if (read === 0) return;
      yield bytes.subarray(0, read);
      position += read;
    }
  } finally {
    await file.close().catch(failed);
  }
}
