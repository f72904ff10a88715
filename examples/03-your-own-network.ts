/**
 * Trains a network of your own on the bundled pictures, stops when it no longer gets better, and uses what was saved.
 * Run it with `node examples/03-your-own-network.ts [folder for the run] [pictures]`. Ctrl-C stops it in good order.
 */
import { nn, type Value } from 'cardinal-nn';
import { loadClassifier, openData, readPicture, saveWeights, trainOn } from 'cardinal-nn/node';

/** A residual block whose 3×3 convolution works in groups: ResNeXt's idea in its smallest form. */
class Block extends nn.Module {
  readonly body: nn.Sequential;

  constructor(channels: number, groups: number) {
    super();
    this.body = new nn.Sequential(
      new nn.Conv2d(channels, channels, 3, { padding: 1, groups, bias: false }),
      new nn.BatchNorm2d(channels),
      new nn.ReLU(),
      new nn.Conv2d(channels, channels, 1, { bias: false }),
      new nn.BatchNorm2d(channels),
    );
  }

  forward(x: Value): Value {
    return nn.F.relu(nn.F.add(x, this.body(x)));
  }
}

/** Modules are called like functions, and any tree of them can be trained. */
const network = (): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(1, 32, 3, { stride: 2, padding: 1 }),
    new nn.ReLU(),
    new Block(32, 8),
    new nn.MaxPool2d(2),
    new Block(32, 8),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(32, 10),
  );

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const [, , out = `runs/own-${Date.now()}`, pictures = 'data/fashion-mnist-sample'] = process.argv;
const data = await openData(pictures);
console.log(String(nn.summary(network(), { inputSize: [1, 1, 28, 28] })));

const interrupt = new AbortController();
process.once('SIGINT', () => {
  interrupt.abort();
});
const { model, reason, best } = await trainOn(data, network().initialize(7), {
  epochs: 8,
  patience: 2,
  signal: interrupt.signal,
  out,
  onEvent(event) {
    if (event.type !== 'epoch') return;
    const { epoch, train, validation } = event;
    const accuracy = percent(validation?.top1 ?? 0);
    console.log(`epoch ${epoch + 1}: loss ${train.loss.toFixed(3)}, top-1 accuracy ${accuracy}`);
  },
});
console.log(`${reason}; the best epoch was ${(best?.epoch ?? 0) + 1}`);
await saveWeights(model, `${out}/mine.safetensors`); // `loadWeights` reads it into a network again

// Any other day, in any other program: the checkpoint knows classes and preprocessing, the class the network.
const classifier = await loadClassifier(`${out}/best.safetensors`, { model: network() });
const { test } = data;
for (let i = 0; test !== undefined && i < 3; i++) {
  const top = await classifier.classify(await readPicture(test, i), { topK: 3 });
  const guesses = top.map((guess) => `${guess.class} ${percent(guess.probability)}`);
  console.log(`${test.classes[test.label(i)]}: ${guesses.join(', ')}`);
}
await classifier.dispose();
