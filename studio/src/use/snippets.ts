/** Code that classifies by a downloaded file: what the room shows is what a visitor may run as it is. */
export function nodeCode(file: string): string {
  return [
    "import { loadClassifier } from 'cardinal-nn/node';",
    '',
    `const classifier = await loadClassifier('${file}');`,
    "const [best] = await classifier.classify('picture.jpg');",
    'console.log(best.class, best.probability);',
    'await classifier.dispose();',
  ].join('\n');
}

export function pageCode(file: string): string {
  return [
    "import { loadClassifier } from 'cardinal-nn/web';",
    '',
    `const classifier = await loadClassifier('/${file}');`,
    "const image = document.querySelector('img');",
    'await image.decode();',
    'const [best] = await classifier.classify(image);',
    'console.log(best.class, best.probability);',
  ].join('\n');
}

export function serveCommand(file: string): string {
  return `npx cardinal-nn serve ${file}`;
}
