import { nextTask } from '../../base/next-task.ts';
import { modelOrigin } from '../../models/registry.ts';
import { frozenParameters } from '../../nn/freeze.ts';
import { Module } from '../../nn/module.ts';
import { graphsOf, moduleData, type GraphData, type TracedInput } from '../../nn/traced.ts';
import type { NamedModel } from '../../run/training/options.ts';
import type { SentNetwork } from '../engine/training-service.ts';

/** A network as it is sent to the engine, which copies its numbers. */
export async function sendNetwork(model: Module | NamedModel): Promise<SentNetwork> {
  if (!(model instanceof Module)) return { kind: 'named', name: model.name, options: model.options };
  await draw(model);
  const origin = modelOrigin(model);
  if (origin === undefined) return { kind: 'own', data: moduleData(model, []) };
  return { kind: 'registry', ...origin, state: model.stateDict(), frozen: frozenParameters(model) };
}

/** Milliseconds that a page may draw initial values at a time. */
const slice = 8;

/** Draws what was not drawn yet, tensor by tensor, so that the page goes on. */
async function draw(model: Module): Promise<void> {
  let begun = performance.now();
  for (const parameter of model.parameters()) {
    if (parameter.data.length === 0 || performance.now() - begun < slice) continue;
    await nextTask();
    begun = performance.now();
  }
}

/** What a network does to inputs of these shapes, traced one by one, so that the page goes on. */
export async function traceFor(
  model: Module | NamedModel,
  inputs: readonly TracedInput[],
): Promise<readonly GraphData[]> {
  const graphs: GraphData[] = [];
  for (const input of inputs) {
    if (model instanceof Module) for (const graph of graphsOf(model, [input])) graphs.push(graph);
    await nextTask();
  }
  return graphs;
}
