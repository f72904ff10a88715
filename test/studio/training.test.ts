import { expect, test } from 'vitest';
import { Training, type TrainingDirections } from '../../src/studio/train/training.ts';

test('a run begins with its first step, and is over when it has ended as it was told', async () => {
  const training = new Training();
  const asked = Promise.withResolvers<TrainingDirections>();
  const ended = Promise.withResolvers<undefined>();
  const begun = training.begin((directions) => {
    asked.resolve(directions);
    return ended.promise;
  });
  const { signal, onEvent } = await asked.promise;
  onEvent({ type: 'start' });
  await begun;
  const stopped = training.stop();
  expect(signal.aborted).toBe(true);
  ended.resolve(undefined);
  await stopped;
  expect(await training.over).toBe(undefined);
});

test('one that fails before its first step did not begin', async () => {
  const training = new Training();
  const reason = new Error('no room');
  await expect(training.begin(() => Promise.reject(reason))).rejects.toBe(reason);
  expect(await training.over).toBe(reason);
});

test('who stops one that never begins does not wait for ever', async () => {
  const training = new Training();
  const stopped = training.stop();
  training.fail(new Error('its pictures are not there'));
  await stopped;
});
