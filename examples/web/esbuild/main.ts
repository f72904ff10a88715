import { createBackend, loadClassifier } from 'cardinal-nn/web';

const show = (id: string, text: string) => document.getElementById(id)?.replaceChildren(text);

async function classify(picture: File): Promise<void> {
  const best = await classifier.classify(picture, { topK: 3 });
  show(
    'answer',
    best.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`).join('\n'),
  );
}

// esbuild leaves URLs of files alone, so build.mjs copied what the engine runs.
const backend = await createBackend({ training: false, base: 'cardinal' });
show('engine', backend.about);
const classifier = await loadClassifier('demo.safetensors', { backend });
show('answer', `knows ${classifier.classes.join(', ')}`);

const input = document.querySelector('input');
input?.addEventListener('change', () => {
  const picture = input.files?.[0];
  if (picture) classify(picture).catch((error: unknown) => show('answer', String(error)));
});
