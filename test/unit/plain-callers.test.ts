import { describe, expect, it } from 'vitest';
import { CardinalError, countModel, nn } from '../../src/index.ts';
import { calls, promises } from '../support/plain-calls.js';

/** Whoever calls without types gets one line that says what was expected; a TypeError would be one from the inside. */
describe('a caller in plain JavaScript', () => {
  it.each(calls)('%s', (_, call, message) => {
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    expectLine(thrown, message);
  });

  it.each(promises)('%s', async (_, call, message) => {
    const thrown: unknown = await call().then(
      () => undefined,
      (error: unknown) => error,
    );
    expectLine(thrown, message);
  });

  it('may build from a list, a record or arguments', () => {
    const conv = () => new nn.Conv2d(3, 6, 3);
    for (const net of [
      new nn.Sequential([conv(), new nn.ReLU()]),
      new nn.Sequential(conv(), new nn.ReLU()),
      new nn.Sequential({ 0: conv(), 1: new nn.ReLU() }),
      new nn.Sequential(new nn.Sequential(conv()), new nn.ReLU()),
    ]) {
      expect(net).toHaveLength(2);
      expect(String(nn.summary(net, { inputSize: [1, 3, 8, 8] }))).toContain('Conv2d');
    }
    expect(new nn.Sequential([])).toHaveLength(0);
  });

  it('may count a network with options at its own size', () => {
    expect(countModel('resnet18', undefined, { inChannels: 1 })).toMatchObject({
      inputShape: [1, 224, 224],
      params: 11_689_512 - 2 * 64 * 49,
    });
  });
});

function expectLine(thrown: unknown, message: RegExp): void {
  expect(thrown).toBeInstanceOf(CardinalError);
  const line = thrown instanceof Error ? thrown.message : '';
  expect(line).toMatch(message);
  expect(line).not.toContain('\n');
}
