import { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { batchesOf, type BatchSize } from '../../plan/batches.ts';
import { differentiate } from '../../plan/differentiate.ts';
import { placeBuffers } from '../../plan/place.ts';
import type { Plan } from '../../plan/plan.ts';
import { ValueMap } from '../../plan/rewrite.ts';
import { prune } from '../../plan/schedule.ts';
import type { Target } from '../../plan/target.ts';
import { landmarksOf } from './landmarks.ts';

/** How a classifier's program explains what it makes of a picture. */
export interface ExplanationPlan {
  /** The batch that is run: the program's smallest. */
  readonly batch: BatchSize;
  /** The embedding, N×D; undefined if the network has no linear layer. */
  readonly embedding: string | undefined;
  /** The last feature map N×C×H×W, and its gradient; undefined if the network has none. */
  readonly map: FeatureMap | undefined;
}

/** A feature map of the classifier's program, and the program that computes its gradient. */
export interface FeatureMap {
  readonly activations: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /**
   * Its list `gradient` computes the gradient of the sum of the logits, each times its number in `logitWeights`: of one class's logit, if
   * that is 1 and the others 0. It has the weights behind the map alone.
   */
  readonly plan: Plan;
  /** What is copied from the classifier's program before, which calls it the same. */
  readonly inputs: readonly string[];
  readonly logitWeights: string;
  readonly gradient: string;
}

/**
 * Plans explanations by a classifier's program, an inference plan that keeps its `landmarksOf`: its forward pass is the classifier's own,
 * and the backward pass from the logits to the last feature map is a program beside it. What comes before the map is not differentiated,
 * and its weights are nowhere twice.
 */
export function planExplanation(plan: Plan, device: Target): ExplanationPlan {
  const [batch] = batchesOf(plan).toSorted((a, b) => a.size - b.size);
  const nodes = plan.steps[batch.forward].map(({ node }) => node);
  const { map, embedding, differentiable } = landmarksOf(nodes);
  const planned = { batch, embedding: embedding?.name, map: undefined };
  const logits = nodes.flatMap(({ outputs }) => outputs).find(({ name }) => name === batch.logits);
  if (map === undefined || logits === undefined) return planned;

  const graph = new Graph();
  const copies = new ValueMap(graph);
  const computed = new Set(nodes.flatMap(({ outputs }) => outputs));
  const inputs: Value[] = [];
  const enter = (value: Value): void => {
    copies.set(value, graph.input(value.name, value.shape));
    inputs.push(value);
  };
  enter(map);
  const known = new Set([map]);
  for (const node of differentiable) {
    for (const value of node.inputs) {
      if (value.role !== 'computed' || known.has(value)) continue;
      known.add(value);
      if (computed.has(value)) enter(value);
      // Of a norm and a convolution: the prologue has made it of weights, and it stays.
      else copies.set(value, graph.parameter(value.name, value.shape));
    }
    copies.copy(node);
    for (const output of node.outputs) known.add(output);
  }
  const weights = graph.input('logit_weights', logits.shape);
  const start = copies.get(map);
  const gradient = differentiate(graph, copies.get(logits), weights, [start]).get(start);
  if (gradient === undefined) return planned;
  const steps = {
    ...{ prologue: [], forward: [], accumulate: [], update: [] },
    gradient: prune(graph.nodes, [gradient]),
  };
  const [, channels, height, width] = map.shape;
  const backward = placeBuffers(plan.name, steps, new Map([[gradient, { role: 'output' }]]), {}, device);
  const needed = new Set(backward.buffers.map(({ name }) => name));
  return {
    ...planned,
    map: {
      ...{ activations: map.name, channels, height, width },
      plan: backward,
      inputs: inputs.map(({ name }) => name).filter((name) => needed.has(name)),
      logitWeights: weights.name,
      gradient: gradient.name,
    },
  };
}
