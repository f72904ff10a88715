import type { Value } from '../../src/graph/value.ts';
import { Conv2d, F, Linear, Module, Parameter } from '../../src/nn/index.ts';
import { formula } from '../parity/formula.ts';

/** `Functions` of `scripts/fixtures/functional.py`, as a user writes it here. */
export class Functions extends Module {
  readonly stem = new Conv2d(3, 12, 3, { padding: 1 });
  readonly scale = parameter('scale', 12);
  readonly shift = parameter('shift', 12, 1, 1);
  readonly columns = parameter('columns', 1, 1, 1, 5);
  readonly mixing = parameter('mixing', 12, 12);
  readonly fc = new Linear(12, 4);

  forward(x: Value): Value {
    x = this.stem(x);
    const [n, c, h, w] = x.shape;
    x = F.add(F.mul(x, this.scale), this.shift);
    x = F.div(F.sub(x, F.mean(x, 1, { keepdim: true })), F.add(F.mul(this.columns, this.columns), 2));
    const [a, b, d] = F.split(x, [4, 6, 2]);
    x = F.channelShuffle(F.cat([b, d, a]), 3);
    let tokens = F.permute(F.reshape(x, [n, c, -1]), [0, 2, 1]);
    const scores = F.div(F.bmm(tokens, F.transpose(tokens, 1, 2)), 3);
    tokens = F.matmul(F.bmm(F.softmax(scores, -1), tokens), this.mixing);
    x = F.add(x, F.reshape(F.transpose(tokens, 1, 2), [n, c, h, w]), { alpha: 0.5 });
    const branches = F.reshape(x, [n, 3, 4, h, w]);
    const chosen = F.softmax(F.div(F.sum(branches, [3, 4], { keepdim: true }), h * w), 1);
    x = F.sum(F.mul(branches, chosen), 1);
    const [first, second] = F.chunk(x, 2);
    x = F.cat([x, F.mul(first, second), F.mul(F.mean(first, 1, { keepdim: true }), x)]);
    return this.fc(F.mean(F.padChannels(x, 0, 2), [2, 3]));
  }
}

function parameter(name: string, ...shape: number[]): Parameter {
  return new Parameter(shape, () => formula(name, shape));
}
