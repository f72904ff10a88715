import type { CostNode } from 'cardinal-nn/cost';

/** A tensor that comes to a part: from the one with this index beside it, or from outside its parent. */
export interface Tensor {
  readonly from: number | undefined;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/**
 * A part of a network as it is drawn: one of `costTree`, or a run of several that are equal (the blocks 1 to 22 of a stage, 32 paths).
 * Costs are those of one of them.
 */
export interface Part {
  /** Where it stands in the outline, the same as long as the network is. */
  readonly id: string;
  /** Of each of them. */
  readonly paths: readonly string[];
  /** Whether several stand side by side, or each behind the one before. */
  readonly abreast: boolean;
  readonly typeName: string | undefined;
  readonly kinds: readonly string[];
  readonly inputs: readonly Tensor[];
  readonly outputShape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
  readonly macShare: number;
  readonly activations: number;
  readonly bytes: number;
  readonly children: readonly Part[];
}

/** A network for drawing: equal parts that follow one another, or stand side by side, are one. */
export function outline(node: CostNode, id = '0'): Part {
  const { path, inputs, ...rest } = node;
  return { ...rest, id, paths: [path], abreast: false, inputs, children: childrenOf(node, id) };
}

function childrenOf({ children }: CostNode, id: string): Part[] {
  const signatures = children.map(signatureOf);
  const groups: { readonly members: number[]; readonly abreast: boolean }[] = [];
  /** The group of each child that has one. */
  const groupOf: number[] = [];
  children.forEach((child, index) => {
    const last = groups.at(-1);
    const first = last?.members[0];
    const isEqual = first !== undefined && signatures[first] === signatures[index];
    const abreast = first !== undefined && sameSources(children[first], child, groupOf);
    const inRow = follows(children, index, groupOf) && first !== undefined;
    const second = last !== undefined && last.members.length > 1;
    if (last !== undefined && isEqual && (second ? (last.abreast ? abreast : inRow) : abreast || inRow)) {
      groups[groups.length - 1] = { members: [...last.members, index], abreast };
    } else groups.push({ members: [index], abreast: false });
    groupOf[index] = groups.length - 1;
  });
  return groups.map(({ members, abreast }, index): Part => {
    const [first] = members;
    const part = outline(children[first], `${id}.${index}`);
    return {
      ...part,
      abreast,
      paths: members.map((member) => children[member].path),
      inputs: distinct(
        part.inputs.map((input) => ({
          ...input,
          from: input.from === undefined ? undefined : groupOf[input.from],
        })),
      ),
    };
  });
}

/** What must be the same of two parts for one drawing to stand for both: all but where they are. */
function signatureOf(node: CostNode): string {
  const { typeName, kinds, parameters, macs, bytes, outputShape, inputs, children } = node;
  const shapes = inputs.map(({ shape }) => shape);
  return JSON.stringify([
    typeName,
    kinds,
    parameters,
    macs,
    bytes,
    outputShape,
    shapes,
    children.map(signatureOf),
  ]);
}

/** Whether both take what the same groups, or the outside, give. */
function sameSources(a: CostNode, b: CostNode, groupOf: readonly number[]): boolean {
  return sourcesOf(a, groupOf).join() === sourcesOf(b, groupOf).join();
}

function sourcesOf({ inputs }: CostNode, groupOf: readonly number[]): string[] {
  return inputs.map(({ from }) => (from === undefined ? 'outside' : String(groupOf[from])));
}

/** Whether a part takes what the one before it gives, and nothing that is not of an earlier group. */
function follows(children: readonly CostNode[], index: number, groupOf: readonly number[]): boolean {
  const before = index - 1;
  return (
    children[index].inputs.some(({ from }) => from === before) &&
    children[index].inputs.every(
      ({ from }) => from === before || from === undefined || groupOf[from] !== groupOf[before],
    )
  );
}

function distinct(tensors: readonly Tensor[]): Tensor[] {
  const seen = new Set<string>();
  return tensors.filter(({ from, shape }) => {
    const key = `${from ?? ''}:${shape.join()}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The parts that a run is made of, each by itself; they differ in their paths alone. */
export function membersOf(part: Part): Part[] {
  const [first] = part.paths;
  return part.paths.map((path, index) => ({
    ...part,
    id: `${part.id}*${index}`,
    paths: [path],
    abreast: false,
    inputs: part.inputs.map((input) => ({
      ...input,
      from: part.abreast || index === 0 ? undefined : index - 1,
    })),
    children: part.children.map((child) => moved(child, part.id, `${part.id}*${index}`, first, path)),
  }));
}

function moved(part: Part, id: string, toId: string, path: string, toPath: string): Part {
  return {
    ...part,
    id: toId + part.id.slice(id.length),
    paths: part.paths.map((each) => toPath + each.slice(path.length)),
    children: part.children.map((child) => moved(child, id, toId, path, toPath)),
  };
}

/** The part that an id names in this network, if it has one there. */
export function partAt(network: Part, id: string): Part | undefined {
  let part: Part | undefined = network;
  for (const [token] of id.matchAll(/[.*]\d+/g)) {
    const index = Number(token.slice(1));
    part = (token.startsWith('.') ? part.children : membersOf(part)).at(index);
    if (part === undefined) return undefined;
  }
  return part;
}
