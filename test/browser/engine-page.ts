/** What the pages of the engine's tests can do. */
import { compile, createModel, nn, planTraining } from '../../src/index.ts';
import {
  createBackend,
  loadClassifier,
  openPictures,
  type ClassifierOptions,
  type WeightsInput,
} from '../../src/web/index.ts';

/** An error as one line, with its class. */
function line(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** What work gives, or the line of what it throws. */
async function attempt<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    return line(error);
  }
}

/** An `<img>` that is there. */
async function shownImage(
  src: string,
): Promise<{ readonly nodeName: string; readonly width: number; readonly height: number }> {
  const image = new (globalThis as unknown as { Image: new () => ImageElement }).Image();
  image.src = src;
  await image.decode();
  return image;
}

interface CanvasElement {
  readonly nodeName: string;
  width: number;
  height: number;
  getContext(kind: '2d'): CanvasRenderingContext2D | null;
  captureStream(): unknown;
}

interface VideoElement {
  readonly nodeName: string;
  readonly width: number;
  readonly height: number;
  srcObject: unknown;
  muted: boolean;
  play(): Promise<void>;
}

interface CanvasRenderingContext2D {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  drawImage(image: ImageBitmap, x: number, y: number): void;
}

function element(name: string): unknown {
  const { document } = globalThis as unknown as { document: { createElement(name: string): unknown } };
  return document.createElement(name);
}

/** A `<canvas>` that shows a picture. */
function shownCanvas(bitmap: ImageBitmap): CanvasElement {
  const canvas = element('canvas') as CanvasElement;
  Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  return canvas;
}

/** A `<video>` that plays one colour. */
async function shownVideo(colour: string): Promise<VideoElement> {
  const canvas = element('canvas') as CanvasElement;
  Object.assign(canvas, { width: 48, height: 48 });
  const context = canvas.getContext('2d');
  const video = element('video') as VideoElement;
  Object.assign(video, { muted: true, srcObject: canvas.captureStream() });
  const paint = (): void => {
    if (context !== null) context.fillStyle = colour;
    context?.fillRect(0, 0, 48, 48);
  };
  paint();
  // It plays what is painted from now on.
  const painting = setInterval(paint, 5);
  await video.play();
  clearInterval(painting);
  return video;
}

/** What `classifyBy` loads with, and the page's weights in the forms that they may have, once for all calls: later there may be no network. */
async function prepare() {
  const bytes = new Uint8Array(await (await fetch('/weights.safetensors')).arrayBuffer());
  const folder = await navigator.storage.getDirectory();
  const kept = await (await folder.getFileHandle('kept.safetensors', { create: true })).createWritable();
  await kept.write(bytes);
  await kept.close();
  const forms: Readonly<Record<string, WeightsInput>> = {
    ...{ file: new File([bytes], 'a.safetensors'), blob: new Blob([bytes]), bytes },
    ...{ buffer: bytes.slice().buffer },
  };
  const picture = await (await fetch('/picture.png')).blob();
  return { backend: await createBackend({ base: '/hub', threads: 1 }), forms, picture };
}
let prepared: ReturnType<typeof prepare> | undefined;

/** What a network of these weights, a form of the page's or a name, takes the page's picture for, and how many bytes of it were received. */
async function classifyBy(weights: string, options: ClassifierOptions) {
  const { backend, forms, picture } = await (prepared ??= prepare());
  let received = 0;
  const classifier = await loadClassifier(forms[weights] ?? weights, {
    ...{ ...options, backend },
    onProgress: (progress) => ({ received } = progress),
  });
  const top = await classifier.classify(picture, { topK: 3 });
  await classifier.dispose();
  return { top, received };
}

/** What is asked of an `HTMLImageElement`. */
interface ImageElement {
  readonly nodeName: string;
  readonly width: number;
  readonly height: number;
  src: string;
  decode(): Promise<void>;
}

/** Violations of the Content-Security-Policy in this page. */
const violations: string[] = [];
addEventListener('securitypolicyviolation', (event) => {
  const { effectiveDirective, blockedURI } = event as SecurityPolicyViolationEvent;
  violations.push(`${effectiveDirective} ${blockedURI}`);
});

/** Every worker that was started: what a test ends from outside. */
const workers: Worker[] = [];
const { Worker: Started } = globalThis;
globalThis.Worker = class extends Started {
  constructor(...given: ConstructorParameters<typeof Started>) {
    super(...given);
    workers.push(this);
  }
};

const tools = {
  ...{ attempt, classifyBy, line, shownCanvas, shownImage, shownVideo, violations, workers },
  ...{ compile, createBackend, createModel, loadClassifier, nn, openPictures, planTraining },
};
export type Tools = typeof tools;
Object.assign(globalThis, { tools });
