import { largest } from '../../../base/extremes.ts';
import { roundUp } from '../../../base/round-up.ts';
import type { Shape } from '../../../graph/value.ts';
import { combineTiles, sumTiles } from '../args/broadcast.ts';
import { call, type Call } from '../call.ts';
import { axesOf, broadcastSteps, sizeOfAxes, type Axis } from './axes.ts';
import { chunkFloats } from './chunks.ts';
import { align64 } from './scratch.ts';

/** Floats of a row that a chunk sums up side by side, at most: their sums stay in the first-level cache. */
const pieceFloats = 1024;

/** A sum over the middle of [group][row][float], cut into tiles of rows. */
interface Pass {
  readonly chunks: number;
  /** As `sum_tiles` takes them. */
  readonly tiles: {
    readonly groups: number;
    readonly groupsPerChunk: number;
    readonly rows: number;
    readonly rowsPerTile: number;
    readonly tiles: number;
    readonly width: number;
    readonly perPiece: number;
    readonly pieces: number;
  };
  /** The axes over groups. */
  readonly over: readonly Axis[];
}

/** What a reduction is: of a tensor of shape `from` to one of shape `to`, which has sizes of 1 where there is a sum. */
export interface Reduction {
  readonly from: Shape;
  readonly to: Shape;
  readonly factor: number;
  readonly out: number;
  readonly workspace: number;
}

/** The passes of a reduction: each sums over the innermost axes that are left to be summed over and lie one within the other. */
function passesOf(from: Shape, to: Shape): readonly Pass[] {
  const passes: Pass[] = [];
  let axes = axesOf(from, broadcastSteps(to, from));
  do {
    const at = axes.findLastIndex(({ steps: [step] }) => step === 0);
    const [over, under] = at < 0 ? [[], axes] : [axes.slice(0, at), axes.slice(at + 1)];
    passes.push(passOf(over, at < 0 ? 1 : axes[at].size, sizeOfAxes(under)));
    axes = [...over, ...under];
  } while (axes.some(({ steps: [step] }) => step === 0));
  return passes;
}

function passOf(over: readonly Axis[], rows: number, width: number): Pass {
  const groups = sizeOfAxes(over);
  const whole = rows * width <= chunkFloats;
  const most = rows === 1 ? chunkFloats : pieceFloats;
  const pieces = whole ? 1 : Math.ceil(width / most);
  const perPiece = pieces === 1 ? width : roundUp(Math.ceil(width / pieces), 4);
  const rowsPerTile = Math.min(rows, Math.max(1, Math.floor(chunkFloats / perPiece)));
  const tiles = Math.ceil(rows / rowsPerTile);
  const groupsPerChunk = whole ? Math.min(groups, Math.floor(chunkFloats / (rows * width))) : 1;
  return {
    chunks: Math.ceil(groups / groupsPerChunk) * tiles * pieces,
    tiles: { groups, groupsPerChunk, rows, rowsPerTile, tiles, width, perPiece, pieces },
    over,
  };
}

/** Where partial sums and what passes leave for the next lie in the workspace. */
function layout(passes: readonly Pass[]) {
  const partials = largest(
    passes.map(({ tiles: { groups, tiles, width } }) => align64(4 * groups * tiles * width)),
    0,
  );
  const results = largest(
    passes.slice(0, -1).map(({ tiles: { groups, width } }) => align64(4 * groups * width)),
    0,
  );
  return { result: (pass: number) => partials + (pass % 2) * results, bytes: partials + 2 * results };
}

/** Scratch bytes of a reduction. */
export function reductionBytes(from: Shape, to: Shape): number {
  return layout(passesOf(from, to)).bytes;
}

/** The calls of a reduction. `first` gives that of the first pass, whose sums of tiles go to `partials`. */
export function reductionCalls(
  { from, to, factor, out, workspace }: Reduction,
  first: (pass: Pass, partials: number) => Call,
): readonly Call[] {
  const passes = passesOf(from, to);
  const { result } = layout(passes);
  return passes.flatMap((pass, index) => {
    const last = index === passes.length - 1;
    const target = last ? out : workspace + result(index);
    const scale = last ? factor : 1;
    const direct = pass.tiles.tiles === 1 && scale === 1;
    const partials = direct ? target : workspace;
    const summed =
      index === 0 ? first(pass, partials) : sumCall(workspace + result(index - 1), pass, partials);
    return direct ? [summed] : [summed, combineCall(pass, partials, target, scale)];
  });
}

/** The sums of a pass's tiles, of a tensor at `x`. */
export function sumCall(x: number, { chunks, tiles }: Pass, partials: number): Call {
  return call(sumTiles, chunks, { x, partials, ...tiles });
}

function combineCall(
  { tiles: { groups, tiles, width } }: Pass,
  partials: number,
  sums: number,
  factor: number,
): Call {
  const count = groups * width;
  const perChunk = Math.max(1, Math.floor(chunkFloats / 4 / tiles));
  return call(combineTiles, Math.ceil(count / perChunk), {
    partials,
    sums,
    count,
    perChunk,
    tiles,
    width,
    factor,
  });
}
