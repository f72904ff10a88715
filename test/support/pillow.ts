import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Picture } from '../../src/data/dataset.ts';

const script = fileURLToPath(new URL('pillow.py', import.meta.url));

interface Versions {
  readonly pillow: string;
  readonly torchvision: string | null;
}

/** A Python with Pillow, to ask what PyTorch's users get. */
export interface Pillow extends Versions {
  /** The bytes that answer each question (see pillow.py). */
  ask(questions: readonly object[]): Uint8Array[];
}

/** Debian's Python first, whose packages CONTRIBUTING.md names. Undefined where no Python has Pillow. */
export function findPillow(): Pillow | undefined {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const found = run(python, [{ ask: 'versions' }], 'ignore');
    if (found === undefined) continue;
    const versions = JSON.parse(found[0]) as Versions;
    return {
      ...versions,
      ask: (questions) => {
        const lines = run(python, questions, 'inherit');
        if (lines?.length !== questions.length) throw new Error(`${python} ${script} failed`);
        return lines.map((line) => Uint8Array.from(Buffer.from(line, 'base64')));
      },
    };
  }
  return undefined;
}

function run(
  python: string,
  questions: readonly object[],
  stderr: 'inherit' | 'ignore',
): string[] | undefined {
  const { status, stdout } = spawnSync(python, [script], {
    input: questions.map((question) => JSON.stringify(question)).join('\n'),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['pipe', 'pipe', stderr],
  });
  return status === 0 ? stdout.trim().split('\n') : undefined;
}

/** A picture as a question carries it. */
export function asked({ width, height, channels, data }: Picture): { from: number[]; data: string } {
  return { from: [width, height, channels], data: Buffer.from(data).toString('base64') };
}
