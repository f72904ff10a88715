import { describe, expect, it } from 'vitest';
import { described } from '../../src/base/described.ts';
import { countModel } from '../../src/cost/index.ts';
import { CardinalError, nn } from '../../src/index.ts';
import { callables, calls, mistakes, promises } from '../support/plain-calls.js';

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

  it.each(callables)('never gets an error from the inside: %s', async (_, call) => {
    for (const given of mistakes) {
      try {
        await answered(call(...given));
      } catch (error) {
        const line = `${given.map(described).join(', ')}: ${String(error)}`;
        expect(error, line).toBeInstanceOf(CardinalError);
        expect(line).not.toContain('\n');
      }
    }
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

/** Waits for a promise or all parts of a stream, and disposes of what came; other answers are right as they are. */
async function answered(answer: unknown): Promise<void> {
  if (typeof answer !== 'object' || answer === null) return;
  if (Symbol.asyncIterator in answer) {
    for await (const part of answer as AsyncIterable<unknown>) expect(part).toBeDefined();
    return;
  }
  const given: unknown = await Promise.resolve(answer);
  if (typeof given !== 'object' || given === null || !('dispose' in given)) return;
  await (given as { dispose(): Promise<void> }).dispose();
}

function expectLine(thrown: unknown, message: RegExp): void {
  expect(thrown).toBeInstanceOf(CardinalError);
  const line = thrown instanceof Error ? thrown.message : '';
  expect(line).toMatch(message);
  expect(line).not.toContain('\n');
}
