import type { Program } from '../backends/backend.ts';
import { checkKind, having } from '../base/options.ts';
import { CardinalError } from '../base/errors.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { formatShape } from '../graph/value.ts';
import { checkState } from '../nn/state.ts';

/** A copy of so much takes about a millisecond. */
const sliceBytes = 2 ** 22;

/**
 * Writes a network's weights and running statistics into a program, by name, and runs its prologue
 * (which folds and packs weights). Tensors the program does not use are ignored (`num_batches_tracked`).
 * Takes a turn of the program. Throws a `CardinalError`, and writes nothing, if the program needs a tensor that `state` lacks or
 * has in another shape. `between` is awaited after every few MiB; then `state` must not change until all is written.
 */
export async function writeWeights(
  program: Program,
  state: StateDict,
  between?: () => Promise<void>,
): Promise<void> {
  checkKind(
    'writeWeights',
    'the program',
    program,
    having('a program, as prepareInference gives it', 'take', 'write', 'run'),
  );
  checkState(program.plan.name, state);
  const weights: (readonly [name: string, data: Float32Array])[] = [];
  for (const { name, role, shape } of program.plan.buffers) {
    if (role !== 'parameter' && role !== 'buffer') continue;
    const tensor = state.get(name);
    if (tensor?.dtype !== 'F32') {
      throw new CardinalError(`${program.plan.name}: expected a tensor ${name} among the weights, got none`);
    }
    if (formatShape(tensor.shape) !== formatShape(shape)) {
      throw new CardinalError(
        `${program.plan.name}: expected ${name} of ${formatShape(shape)} among the weights, got ${formatShape(tensor.shape)}`,
      );
    }
    // What waits for its turn must not change meanwhile.
    weights.push([name, program.busy ? tensor.data.slice() : tensor.data]);
  }
  await program.take(async () => {
    let written = 0;
    for (const [name, data] of weights) {
      program.write(name, data);
      written += data.byteLength;
      if (between === undefined || written < sliceBytes) continue;
      written = 0;
      await between();
    }
    // Even where the plan has none: a backend may make something of the weights.
    await program.run('prologue');
  });
}
