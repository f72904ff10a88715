/**
 * Trains a network step by step: the compiled program, its buffers and the learning rate are in your hands.
 * Run it with `node examples/04-your-own-training-loop.ts [pictures] [epochs]`.
 */
import { nn, writeWeights } from 'cardinal-nn';
import { planTraining } from 'cardinal-nn/backends';
import { createBackend, createLoader, fitPreprocessing, openData } from 'cardinal-nn/node';
import { evaluate, networkOf, prepareInference } from 'cardinal-nn/train';

const [, , pictures = 'data/fashion-mnist-sample', epochs = '2'] = process.argv;
const batchSize = 20;

const data = await openData(pictures);
const { train, test } = data;
if (train === undefined || test === undefined)
  throw new Error(`${pictures}: no pictures to train or to test on`);
const preprocessing = await fitPreprocessing(data);
const { channels, size } = preprocessing;

const model = new nn.Sequential(
  new nn.Conv2d(channels, 16, 3, { stride: 2, padding: 1, bias: false }),
  new nn.BatchNorm2d(16),
  new nn.ReLU(),
  new nn.Conv2d(16, 32, 3, { stride: 2, padding: 1, groups: 4 }),
  new nn.ReLU(),
  new nn.AdaptiveAvgPool2d(1),
  new nn.Flatten(),
  new nn.Linear(32, train.classes.length),
).initialize(1);

// One program does it all: forward, backward, update. Its memory is planned before the first step.
const backend = await createBackend();
const plan = planTraining(nn.trace(model, [batchSize, channels, ...size], { training: true }), backend, {
  name: 'mine',
  optimizer: { kind: 'sgd', momentum: false, nesterov: false },
});
const program = await backend.load(plan);
await writeWeights(program, model.stateDict());
program.write('loss_gradient', Float32Array.of(1));

const loader = createLoader(train, { batchSize, preprocessing, training: true, seed: 1 });
for (let epoch = 0; epoch < Number(epochs); epoch++) {
  program.write('hyper', Float32Array.of(0.2 / (epoch + 1), 0, 1e-4)); // learning rate, momentum, weight decay
  let sum = 0;
  for await (const { input, target } of loader.epoch(epoch)) {
    program.write('input', input, 'channels_last');
    program.write('target', target);
    await program.run('gradient');
    await program.run('update');
    sum += (await program.read('loss'))[0];
  }
  console.log(`epoch ${epoch + 1}: loss ${(sum / loader.batchesPerEpoch).toFixed(3)}`);
}

// The weights go back into the network, which any other program can be made of.
const state = model.stateDict();
for (const [name, tensor] of state) {
  if (tensor.dtype === 'F32') state.set(name, { ...tensor, data: await program.read(name) });
}
model.loadStateDict(state);
const network = networkOf(model, [channels, ...size], { name: 'mine', options: {} });
const inference = await prepareInference(network, backend, batchSize);
const { top1 } = await evaluate(inference, createLoader(test, { batchSize, preprocessing, training: false }));
console.log(`top-1 accuracy ${top1.toFixed(3)} on ${test.length} pictures`);
await loader.dispose();
await backend.dispose();
