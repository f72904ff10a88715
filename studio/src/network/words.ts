import { bytes, count, percent, shapeText, short } from '../parts/numbers.ts';
import type { Part } from './outline.ts';

/** What a part is called in the drawing. */
export function titleOf(part: Part): string {
  const { typeName, kinds, paths, children } = part;
  const what = typeName === undefined || children.length === 0 ? kinds.join(', ') : wholeOf(part, typeName);
  const names = namesOf(part);
  if (part.id === '0') return what;
  return [...(names === '' ? [] : [names]), what].join(' · ') + (paths.length > 1 ? ` ×${paths.length}` : '');
}

/** Containers are called by what they contain: `3 × Bottleneck`. */
function wholeOf({ children }: Part, typeName: string): string {
  const types = [...new Set(children.map((child) => child.typeName))];
  if (!/^(Sequential|ModuleList)$/.test(typeName) || types.length !== 1 || types[0] === undefined)
    return typeName;
  const times = children.reduce((sum, { paths }) => sum + paths.length, 0);
  return times === 1 ? types[0] : `${times} × ${types[0]}`;
}

/** Its place among its parent's parts: `conv2`, `1–22`; nothing for an op, which has no name. */
function namesOf({ typeName, paths }: Part): string {
  if (typeName === undefined) return '';
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  const [first, final] = [last(paths[0]), last(paths[paths.length - 1])];
  return first === final ? first : `${first}–${final}`;
}

/** What it costs, in a line. */
export function costOf({ parameters, macs, bytes: moved, paths }: Part): string {
  const words = [
    ...(parameters > 0 ? [`${short(parameters)} parameters`] : []),
    ...(macs > 0 ? [`${short(macs)} MACs`] : []),
    ...(moved > 0 ? [`${bytes(moved)} moved`] : []),
  ].join(' · ');
  return paths.length > 1 && words !== '' ? `each ${words}` : words;
}

/** All of it in a sentence, for who does not see the drawing. */
export function sentenceOf(part: Part): string {
  const { inputs, outputShape, children } = part;
  const from = inputs.map(({ shape }) => shapeText(shape)).join(' and ');
  const inner = children.length > 0 ? `, ${children.length} kinds of parts inside` : '';
  const cost = costOf(part);
  return `${titleOf(part)}${cost === '' ? '' : ` ${cost}`}: ${from} to ${shapeText(outputShape)}${inner}`;
}

/** The rows of the panel of details. */
export function detailsOf(part: Part): [term: string, text: string][] {
  const { paths, typeName, kinds, inputs, outputShape, parameters, macs, macShare, activations, children } =
    part;
  const times = paths.length;
  const all = (value: number) =>
    times > 1 ? `${count(value)} each, ${count(value * times)} in all` : count(value);
  const outside = inputs.length > 1 ? `${inputs.length} tensors: ` : '';
  const tensors = inputs.map(({ shape, bytes: size }) => `${shapeText(shape)} (${bytes(size)})`);
  const outputBytes = 4 * outputShape.reduce((product, size) => product * size, 1);
  return [
    ['Where', times > 1 ? `${paths[0]} to ${paths[times - 1]}` : paths[0] === '' ? 'the network' : paths[0]],
    ...(typeName === undefined ? [] : [['Module', typeName] as [string, string]]),
    ...(children.length === 0 ? [['Does', kinds.join(', ')] as [string, string]] : []),
    ['Takes', outside + tensors.join(', ')],
    ['Gives', `${shapeText(outputShape)} (${bytes(outputBytes)})`],
    ['Parameters', all(parameters)],
    ['MACs', `${all(macs)} (${percent(macShare * times)} of the network)`],
    ['Activations', all(activations)],
    ['Bytes moved', bytes(part.bytes * times)],
  ];
}
