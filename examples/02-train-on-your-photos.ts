/**
 * Trains a small ResNeXt on a folder of pictures, one folder a class, and leaves a report and the best weights.
 * Run it with `node examples/02-train-on-your-photos.ts [pictures] [folder for the run]`.
 */
import { loadClassifier, trainOn } from 'cardinal-nn/node';

const [, , pictures = 'data/fashion-mnist-sample', out = `runs/photos-${Date.now()}`] = process.argv;

// A network of the registry; classes and channels come from the pictures. `weights` would begin with published ones.
const network = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], cardinality: 4, baseWidth: 16, planes: 16 },
};
const { evaluation } = await trainOn(pictures, network, {
  epochs: 3,
  out,
  onEvent(event) {
    if (event.type === 'warning') console.warn(event.message);
    if (event.type === 'epoch')
      console.log(`epoch ${event.epoch + 1} of ${event.epochs}: loss ${event.train.loss.toFixed(3)}`);
  },
});
console.log(`top-1 accuracy ${evaluation?.top1.toFixed(3) ?? 'unknown'}; open ${out}/report.html`);

// On any other day, in any other program.
const classifier = await loadClassifier(`${out}/best.safetensors`);
console.log(classifier.classes.join(', '));
await classifier.dispose();
