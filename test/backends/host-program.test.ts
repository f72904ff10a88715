import { expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { Linear, trace } from '../../src/nn/index.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import { overLine } from '../support/remote.ts';

test.each([
  ['in the memory of the host', createReferenceBackend()],
  ['in another thread', overLine(createReferenceBackend()).backend],
])(
  'several buffers are read at once, in the order of their names, each a copy of its own: %s',
  async (_, backend) => {
    const plan = planInference(trace(new Linear(2, 3), [1, 2], { training: false }), backend, {
      name: 'linear',
    });
    const program = await backend.load(plan);
    program.write('input', Float32Array.of(1, 2));
    program.write('bias', Float32Array.of(3, 4, 5));
    const [bias, input, again] = await program.read(['bias', 'input', 'bias']);
    expect([...bias]).toEqual([3, 4, 5]);
    expect([...input]).toEqual([1, 2]);
    bias[0] = 0;
    expect([...again]).toEqual([3, 4, 5]);
    expect([...(await program.read('bias'))]).toEqual([3, 4, 5]);
    expect(await program.read([])).toEqual([]);
    await expect(program.read(['bias', 'biass'])).rejects.toThrow(
      /has no buffer "biass"; the nearest names are bias/,
    );
    await backend.dispose();
  },
);
