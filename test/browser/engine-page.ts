/** What the pages of the engine's tests can do. */
import { compile, createModel, nn, planTraining } from '../../src/index.ts';
import { createBackend, loadClassifier } from '../../src/web/index.ts';

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

/** The longest time in which the page could not do anything else while `work` went on, in milliseconds. */
async function longestGap<T>(work: () => Promise<T>): Promise<{ readonly gap: number; readonly result: T }> {
  const { port1, port2 } = new MessageChannel();
  let gap = 0;
  let last = performance.now();
  let going = true;
  port1.onmessage = () => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    // A timer would add its own pauses; a message comes as soon as the page is free.
    if (going) port2.postMessage(undefined);
  };
  port2.postMessage(undefined);
  try {
    const result = await work();
    return { result, gap };
  } finally {
    going = false;
    port1.close();
  }
}

/** An `<img>` that is there. */
async function shownImage(src: string): Promise<{ readonly nodeName: string; readonly width: number; readonly height: number }> {
  const image = new (globalThis as unknown as { Image: new () => ImageElement }).Image();
  image.src = src;
  await image.decode();
  return image;
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
  ...{ attempt, line, longestGap, shownImage, violations, workers },
  ...{ compile, createBackend, createModel, loadClassifier, nn, planTraining },
};
export type Tools = typeof tools;
Object.assign(globalThis, { tools });
