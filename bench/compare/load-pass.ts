import type { Backend } from '../../src/backends/backend.ts';
import type { Conv2dAttrs } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/graph/value.ts';
import { Conv2d } from '../../src/nn/index.ts';
import { trace } from '../../src/nn/trace.ts';
import { planInference } from '../../src/plan/inference.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { oneOpPlan } from '../../test/support/one-op-plan.ts';
import { placesOf, shapesOf, type Layer, type Pass } from './layer.ts';
import { numbers } from './serve.ts';

/** One pass of one layer, with its numbers in a backend's memory. */
export interface LoadedPass {
  run(): Promise<void>;
  /** What the last run gave, in PyTorch's order. */
  read(): Promise<Float32Array>;
  dispose(): void;
}

/** Loads a pass as training does it; or the forward pass as inference does it, where weights are packed once. */
export async function loadPass(
  backend: Backend,
  layer: Layer,
  pass: Pass,
  { training }: { readonly training: boolean },
): Promise<LoadedPass> {
  const [first, second] = valuesOf(layer, pass);
  const isInference = pass === 'forward' && !training;
  const plan = isInference ? inferencePlan(backend, layer) : trainingPlan(backend, layer, pass);
  const names = isInference ? ['input', 'weight', 'logits'] : ['in0', 'in1', 'out0'];
  const program = await backend.load(plan);
  program.write(names[0], first);
  program.write(names[1], second);
  if (isInference) await program.run('prologue');
  return {
    run: () => program.run('forward'),
    read: () => program.read(names[2]),
    dispose: () => {
      program.dispose();
    },
  };
}

/** The same numbers as every contender's: x has seed 1, w seed 2, dy seed 3. */
function valuesOf(layer: Layer, pass: Pass): [Float32Array, Float32Array] {
  const [first, second] = placesOf(layer, pass).inputs.map(sizeOf);
  return [
    pass === 'forward' ? numbers(first, 1, 1) : numbers(first, 3, 1),
    pass === 'weight' ? numbers(second, 1, 1) : numbers(second, 2, 0.1),
  ];
}

function inferencePlan(backend: Backend, layer: Layer): Plan {
  const { channels, out, kernel, stride, groups, name } = layer;
  const padding = (kernel - 1) / 2;
  const model = new Conv2d(channels, out, kernel, { stride, padding, groups, bias: false });
  return planInference(trace(model, shapesOf(layer).x, { training: false }), backend, { name });
}

function trainingPlan(backend: Backend, layer: Layer, pass: Pass): Plan {
  const { size, kernel, stride, groups } = layer;
  const pad = (kernel - 1) / 2;
  const attrs: Conv2dAttrs = { stride: [stride, stride], padding: [pad, pad], dilation: [1, 1], groups };
  const { inputs, output } = placesOf(layer, pass);
  switch (pass) {
    case 'forward': {
      const plain = { ...attrs, bias: false, residual: false, relu: false };
      return oneOpPlan(backend, 'conv2d', plain, inputs, [output]);
    }
    case 'input': {
      const inputSize = [size, size] as const;
      return oneOpPlan(backend, 'conv2d_backward_input', { ...attrs, inputSize }, inputs, [output]);
    }
    case 'weight': {
      const kernelSize = [kernel, kernel] as const;
      return oneOpPlan(backend, 'conv2d_backward_weight', { ...attrs, kernelSize }, inputs, [output]);
    }
  }
}
