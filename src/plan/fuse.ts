import { isActivation, type Activation } from '../graph/activation.ts';
import { mutatedBy } from '../graph/dispatch.ts';
import { isDifferentiableByResult, isUsual, type ActivationByResult } from '../graph/fusable.ts';
import { Graph } from '../graph/graph.ts';
import type { Node, NodeOf } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';
import { Uses, ValueMap } from './rewrite.ts';
import type { Target } from './target.ts';

/** A graph after fusing, the copy of its output, and how often each rewrite was done. */
export interface Fused {
  readonly graph: Graph;
  readonly output: Value;
  readonly fusions: Readonly<Record<string, number>>;
}

/** The ops that can take a following addition and activation into their own loop over the output. */
type Head = NodeOf<'batch_norm'> | NodeOf<'batch_norm_inference'> | NodeOf<'conv2d'> | NodeOf<'mul'>;

/** A run of nodes that becomes one: convolution? → batch norm? → scale? → add? → activation?, or product → add? → activation?. It is emitted where `last` stood. */
interface Chain {
  readonly head: Head;
  readonly norm: NodeOf<'batch_norm_inference'> | undefined;
  /** What the result is multiplied by before anything is added. */
  readonly factor: number;
  readonly residual: Value | undefined;
  readonly activation: Activation;
  readonly members: readonly Node[];
}

interface FuseOptions {
  /** Whether norms become part of the convolutions before them. */
  readonly foldBatchNorm: boolean;
  /** Whether what comes of it will be differentiated; or which of the nodes. */
  readonly differentiable: boolean | ReadonlySet<Node>;
}

/**
 * Merges what a residual block does after each convolution into one pass over memory: batch norm + add + activation, and the same after a
 * gate. A `scale`
 * before the addition moves into γ and β, or into the weights and the bias where there is no norm: these are small, and the
 * gradients come back through the same factor.
 *
 * With `foldBatchNorm` a `batch_norm_inference` folds into the weights of the convolution before it (`fold_batch_norm`, run
 * once in the prologue), and addition and activation are done as its tiles are stored. That is for inference alone: a graph in
 * training mode holds `batch_norm_inference` as well, where a norm is frozen, beside weights that change with every step.
 *
 * What a chain computes moves to where it ends. It is not formed, or ends sooner, where the device does not support what it
 * would become, or a step in between writes what it reads or writes, or reads what it writes: the running statistics of a norm
 * that is used twice are updated in the order in which `forward` uses it.
 */
export function fuse(
  source: Graph,
  output: Value,
  device: Pick<Target, 'supports'>,
  options: FuseOptions,
): Fused {
  const chains = findChains(source, output, device, options);
  const absorbed = new Set([...chains.values()].flatMap(({ members }) => members.slice(0, -1)));
  const graph = new Graph();
  const map = new ValueMap(graph);
  const fusions: Record<string, number> = {};
  for (const node of source.nodes) {
    const chain = chains.get(node);
    if (chain !== undefined) {
      emit(chain, graph, map);
      const name = chain.members.map(({ op }) => op).join(' + ');
      fusions[name] = (fusions[name] ?? 0) + 1;
    } else if (!absorbed.has(node)) {
      map.copy(node);
    }
  }
  return { graph, output: map.get(output), fusions };
}

/** Chains of at least two nodes, by their last node. */
function findChains(
  graph: Graph,
  output: Value,
  device: Pick<Target, 'supports'>,
  { foldBatchNorm, differentiable }: FuseOptions,
): Map<Node, Chain> {
  const uses = new Uses(graph.nodes, [output]);
  const taken = new Set<Node>();
  const chains = new Map<Node, Chain>();
  const places = new Map(graph.nodes.map((node, index) => [node, index]));
  const needsGradient = (head: Node) =>
    typeof differentiable === 'boolean' ? differentiable : differentiable.has(head);
  const between = (from: Node, to: Node) =>
    graph.nodes.slice((places.get(from) ?? 0) + 1, places.get(to) ?? 0);
  for (const head of graph.nodes) {
    if (taken.has(head) || !isHead(head)) continue;
    const members: Node[] = [head];
    const last = () => members[members.length - 1];
    const next = () => {
      const node = uses.soleConsumer(last().outputs[0]);
      if (node === undefined || taken.has(node)) return undefined;
      const crossed = between(last(), node);
      return members.some((member) => crossed.some((other) => conflict(member, other))) ? undefined : node;
    };

    let norm: Chain['norm'];
    let following = next();
    if (head.op === 'conv2d' && following?.op === 'batch_norm_inference') {
      if (!foldBatchNorm || following.inputs[0] !== head.outputs[0]) continue;
      norm = following;
      members.push(following);
      following = next();
    }
    let factor = 1;
    if (following?.op === 'scale' && head.op !== 'mul') {
      ({ factor } = following.attrs);
      members.push(following);
      following = next();
    }
    let residual: Value | undefined;
    if (following?.op === 'add' && following.attrs.activation === 'none') {
      const [a, b] = following.inputs;
      const other = a === last().outputs[0] ? b : a;
      if (device.supports(merged(head, norm, { residual: other, activation: 'none' }, following))) {
        residual = other;
        members.push(following);
        following = next();
      }
    }
    let activation: Activation = 'none';
    const ending = following && fusable(following);
    if (
      following !== undefined &&
      ending !== undefined &&
      (head.op !== 'mul' || isDifferentiableByResult(ending)) &&
      (!needsGradient(head) || canDifferentiate(head, residual, ending)) &&
      device.supports(merged(head, norm, { residual, activation: ending }, following))
    ) {
      activation = ending;
      members.push(following);
    }
    if (members.length === 1) continue;

    for (const member of members) taken.add(member);
    chains.set(last(), {
      head,
      norm,
      factor,
      residual,
      activation,
      members,
    });
  }
  return chains;
}

/** Whether it matters which of two nodes runs first, apart from values that one computes for the other. */
function conflict(a: Node, b: Node): boolean {
  const touches = (node: Node, written: readonly Value[]) =>
    written.some((value) => node.inputs.includes(value));
  return touches(a, mutatedBy(b)) || touches(b, mutatedBy(a));
}

/** The activation that the op before a node may end in instead. */
function fusable({ op, attrs }: Node): Exclude<Activation, 'none'> | undefined {
  return isActivation(op) && isUsual(attrs) ? op : undefined;
}

/**
 * Whether a chain has a gradient. A batch norm's reads what it normalised, and computes from that what the activation was applied to,
 * if nothing was added in between; other chains have kept what they gave alone.
 */
function canDifferentiate(head: Head, residual: Value | undefined, activation: Activation): boolean {
  return isDifferentiableByResult(activation) || (head.op === 'batch_norm' && residual === undefined);
}

function isHead(node: Node): node is Head {
  const { op } = node;
  if (op !== 'batch_norm' && op !== 'batch_norm_inference' && op !== 'conv2d' && op !== 'mul') return false;
  return node.attrs.activation === 'none' && !node.attrs.residual;
}

/** A product ends in no other. */
function ofProduct(activation: Activation): ActivationByResult {
  return isDifferentiableByResult(activation) ? activation : 'none';
}

/** What the device is asked about: the node that a chain becomes if it ends with `last`, on values of the source graph. */
function merged(
  head: Head,
  norm: Chain['norm'],
  { residual, activation }: Pick<Chain, 'residual' | 'activation'>,
  last: Node,
): Node {
  const tail = { activation, residual: residual !== undefined };
  const extra = residual === undefined ? [] : [residual];
  const { id, scope } = head;
  if (head.op === 'conv2d') {
    // β has the shape of the bias that the norm becomes.
    const bias = norm === undefined || head.attrs.bias ? [] : [norm.inputs[2]];
    const attrs = { ...head.attrs, bias: head.attrs.bias || norm !== undefined, ...tail };
    const inputs = [...head.inputs, ...bias, ...extra];
    return { id, scope, op: 'conv2d', attrs, inputs, outputs: last.outputs };
  }
  const inputs = [...head.inputs, ...extra];
  const outputs = [last.outputs[0], ...head.outputs.slice(1)];
  if (head.op === 'mul') {
    const attrs = { ...tail, activation: ofProduct(activation) };
    return { id, scope, op: 'mul', attrs, inputs, outputs };
  }
  return head.op === 'batch_norm'
    ? { id, scope, op: 'batch_norm', attrs: { ...head.attrs, ...tail }, inputs, outputs }
    : { id, scope, op: 'batch_norm_inference', attrs: { ...head.attrs, ...tail }, inputs, outputs };
}

function emit(
  { head, norm, factor, residual, activation, members }: Chain,
  target: Graph,
  map: ValueMap,
): void {
  const extra = residual === undefined ? [] : [map.get(residual)];
  const tail = { activation, residual: residual !== undefined };
  const last = members[members.length - 1];
  const name = last.outputs[0].name;
  target.atPath(head.scope, () => {
    if (head.op === 'conv2d') {
      const [x, ...weights] = map.all(head.inputs);
      const folded =
        norm === undefined
          ? scaled(target, weights, factor)
          : foldInto(target, head, weights, scaledNorm(target, map.all(norm.inputs.slice(1)), factor), norm);
      const bias = head.attrs.bias || norm !== undefined;
      const attrs = { ...head.attrs, bias, ...tail };
      map.set(last.outputs[0], target.apply1('conv2d', [x, ...folded, ...extra], attrs, name));
      return;
    }
    const [x, ...parts] = map.all(head.inputs);
    const inputs = [x, ...scaledNorm(target, parts, factor), ...extra];
    if (head.op === 'batch_norm') {
      const outputs = target.apply('batch_norm', inputs, { ...head.attrs, ...tail }, name);
      map.set(last.outputs[0], outputs[0]);
      map.set(head.outputs[1], outputs[1]);
      map.set(head.outputs[2], outputs[2]);
    } else if (head.op === 'mul') {
      const attrs = { ...tail, activation: ofProduct(activation) };
      map.set(last.outputs[0], target.apply1('mul', inputs, attrs, name));
    } else {
      const y = target.apply1('batch_norm_inference', inputs, { ...head.attrs, ...tail }, name);
      map.set(last.outputs[0], y);
    }
  });
}

/** Tensors whose factor is their result's. */
function scaled(target: Graph, tensors: readonly Value[], factor: number): readonly Value[] {
  if (factor === 1) return tensors;
  return tensors.map((tensor) => target.apply1('scale', [tensor], { factor }, `scaled.${tensor.name}`));
}

/** γ, β, mean and variance of a norm whose result is multiplied by `factor`. */
function scaledNorm(target: Graph, parts: readonly Value[], factor: number): readonly Value[] {
  return [...scaled(target, parts.slice(0, 2), factor), ...parts.slice(2)];
}

function foldInto(
  target: Graph,
  conv: NodeOf<'conv2d'>,
  weights: readonly Value[],
  statistics: readonly Value[],
  norm: NodeOf<'batch_norm_inference'>,
): readonly Value[] {
  const name = weights[0].name;
  return target.apply(
    'fold_batch_norm',
    [...weights, ...statistics],
    { eps: norm.attrs.eps, bias: conv.attrs.bias },
    [`folded.${name}`, `folded.${name.replace(/weight$/, 'bias')}`],
  );
}
