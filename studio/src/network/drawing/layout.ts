import { bytes, shapeText } from '../../parts/numbers.ts';
import { membersOf, type Part } from '../outline.ts';

/** A part on the drawing: a card, or the frame around its own parts where it is open. Pixels. */
export interface Box {
  readonly part: Part;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** 1 for the parts of the network. */
  readonly level: number;
  readonly canOpen: boolean;
  readonly isOpen: boolean;
}

/** The shape and bytes of a tensor. */
export interface Label {
  /** The same as long as the network is. */
  readonly key: string;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly text: string;
}

/** The way of a tensor, and what it is where there is room to write it. */
export interface Wire {
  readonly path: string;
  readonly label: Label | undefined;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** In the order of the network, each frame before what it holds. */
  readonly boxes: readonly Box[];
  readonly wires: readonly Wire[];
}

/** Sizes in pixels. */
export const sizes = {
  gap: 26,
  header: 44,
  card: 46,
  small: 28,
  side: 8,
  lane: 12,
  /** Narrower columns are put below one another. */
  column: 84,
  /** Labels need this much. */
  label: 130,
  line: 14,
} as const;

/** The most lanes beside a frame's parts; more shortcuts share the last. */
const mostLanes = 6;

/** Lays a network out, top to bottom, in so many pixels; parts whose id `isOpen` knows show what they hold. */
export function layout(network: Part, isOpen: (id: string) => boolean, width: number): Drawing {
  const inside = placed(network.children, network, { x: 0, y: 0, width, level: 1, isOpen });
  return { width, ...inside };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly level: number;
  readonly isOpen: (id: string) => boolean;
}

interface Placed {
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly wires: readonly Wire[];
}

function placed(parts: readonly Part[], parent: Part, place: Place): Placed {
  const ranks = ranksOf(parts);
  const lanes = lanesOf(parts, ranks);
  const laneCount = Math.min(mostLanes, 1 + lanes.reduce((most, { lane }) => Math.max(most, lane), -1));
  const room = place.width - laneCount * sizes.lane;
  const boxes: Box[] = [];
  const wires: Wire[] = [];
  const own = new Map<number, Box>();
  let y = place.y + sizes.gap;
  for (const row of rowsOf(ranks)) {
    const abreast = Math.max(
      1,
      Math.min(row.length, Math.floor((room + sizes.side) / (sizes.column + sizes.side))),
    );
    const width = (room - (abreast - 1) * sizes.side) / abreast;
    for (let first = 0; first < row.length; first += abreast) {
      let height = 0;
      row.slice(first, first + abreast).forEach((index, column) => {
        const at = { ...place, x: place.x + column * (width + sizes.side), y, width };
        const made = boxOf(parts[index], at);
        own.set(index, made.boxes[0]);
        for (const box of made.boxes) boxes.push(box);
        for (const wire of made.wires) wires.push(wire);
        height = Math.max(height, made.height);
      });
      y += height + (first + abreast < row.length ? sizes.side : 0);
    }
    y += sizes.gap;
  }
  const frame = { x: place.x + room / 2, top: place.y, bottom: y };
  const right = place.x + room;
  for (const wire of wiresOf(parts, parent, { own, ranks, lanes, frame, right, laneCount })) wires.push(wire);
  return { height: y - place.y, boxes, wires };
}

function boxOf(part: Part, place: Place): Placed {
  const { x, y, width, level, isOpen } = place;
  const canOpen = part.children.length > 0 || part.paths.length > 1;
  const box = { part, x, y, width, level, canOpen, isOpen: canOpen && isOpen(part.id) };
  if (!box.isOpen) {
    const height = part.macs > 0 || part.children.length > 0 ? sizes.card : sizes.small;
    return { height, boxes: [{ ...box, height }], wires: [] };
  }
  const inner = placed(part.paths.length > 1 ? membersOf(part) : part.children, part, {
    ...{ x: x + sizes.side, y: y + sizes.header, width: width - 2 * sizes.side },
    ...{ level: level + 1, isOpen },
  });
  const height = sizes.header + inner.height;
  return { height, boxes: [{ ...box, height }, ...inner.boxes], wires: inner.wires };
}

/** How many parts a tensor has come through at most when it reaches each. */
function ranksOf(parts: readonly Part[]): number[] {
  const ranks: number[] = [];
  for (const { inputs } of parts) {
    ranks.push(
      inputs.reduce((rank, { from }) => Math.max(rank, from === undefined ? 0 : ranks[from] + 1), 0),
    );
  }
  return ranks;
}

/** The parts of each rank. */
function rowsOf(ranks: readonly number[]): number[][] {
  const rows: number[][] = [];
  ranks.forEach((rank, index) => (rows[rank] ??= []).push(index));
  return rows;
}

interface Lane {
  readonly from: number | undefined;
  readonly to: number;
  readonly lane: number;
}

/** Shortcuts pass at the side: each in the first lane that is free between its ends. */
function lanesOf(parts: readonly Part[], ranks: readonly number[]): Lane[] {
  const ends: number[] = [];
  return parts.flatMap(({ inputs }, to) =>
    inputs.flatMap(({ from }): Lane[] => {
      const begin = from === undefined ? -1 : ranks[from];
      if (ranks[to] - begin <= 1) return [];
      const free = ends.findIndex((end) => end <= begin);
      const lane = free === -1 ? ends.length : free;
      ends[lane] = ranks[to];
      return [{ from, to, lane: Math.min(lane, mostLanes - 1) }];
    }),
  );
}

interface Ends {
  readonly own: ReadonlyMap<number, Box>;
  readonly ranks: readonly number[];
  readonly lanes: readonly Lane[];
  readonly frame: { readonly x: number; readonly top: number; readonly bottom: number };
  readonly right: number;
  readonly laneCount: number;
}

function wiresOf(parts: readonly Part[], parent: Part, ends: Ends): Wire[] {
  const { own, lanes, frame, right } = ends;
  const written = new Set<number | undefined>();
  const used = new Set<number | undefined>();
  const beginOf = (from: number | undefined) => {
    const box = from === undefined ? undefined : own.get(from);
    return box === undefined
      ? { x: frame.x, y: frame.top, room: right }
      : { x: box.x + box.width / 2, y: box.y + box.height, room: box.width };
  };
  const labelOf = (from: number | undefined, shape: readonly number[], size: number): Wire['label'] => {
    const { x, y, room } = beginOf(from);
    if (written.has(from) || room < sizes.label) return undefined;
    written.add(from);
    const key = `${parent.id}>${from ?? ''}`;
    return { key, x: x + 6, y: y + 17, height: sizes.line, text: `${shapeText(shape)} · ${bytes(size)}` };
  };
  const wires = parts.flatMap(({ inputs }, to): Wire[] =>
    inputs.flatMap(({ from, shape, bytes: size }): Wire[] => {
      const box = own.get(to);
      if (box === undefined) return [];
      used.add(from);
      const { x, y } = beginOf(from);
      const [end, top] = [box.x + box.width / 2, box.y];
      const lane = lanes.find((each) => each.from === from && each.to === to);
      const label = labelOf(from, shape, size);
      if (lane !== undefined) {
        const side = right + (lane.lane + 0.5) * sizes.lane;
        return [{ path: `M${x} ${y + 6}H${side}V${top + box.height / 2}H${box.x + box.width}`, label }];
      }
      return [{ path: x === end ? `M${x} ${y}V${top}` : `M${x} ${y}V${y + 6}H${end}V${top}`, label }];
    }),
  );
  const { outputShape } = parent;
  const outputBytes = 4 * outputShape.reduce((product, size) => product * size, 1);
  parts.forEach((_, index) => {
    if (used.has(index)) return;
    const { x, y } = beginOf(index);
    // A frame's own wire says it again below.
    const label = parent.id === '0' ? labelOf(index, outputShape, outputBytes) : undefined;
    wires.push({ path: `M${x} ${y}V${frame.bottom}`, label });
  });
  return wires;
}
