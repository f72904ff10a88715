/**
 * Classifies pictures with a network that somebody published on the Hugging Face hub. It is downloaded once.
 * Run it with `node examples/01-use-a-published-network.ts hf:timm/resnext50_32x4d.tv_in1k cat.jpg dog.jpg`.
 */
import { loadClassifier } from 'cardinal-nn/node';

const [, , network = 'hf:timm/resnext50_32x4d.tv_in1k', ...pictures] = process.argv;

// The repository says which network it is, what its classes are called and how pictures are prepared.
const classifier = await loadClassifier(network);
for (const picture of pictures) {
  const guesses = await classifier.classify(picture, { topK: 3 });
  for (const guess of guesses) console.log(picture, guess.class, guess.probability.toFixed(3));
}
await classifier.dispose();
