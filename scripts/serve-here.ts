/** Has the built command line serve a tiny network on the Node that runs this, and tells what came of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel } from 'cardinal-nn';
import { saveWeights } from 'cardinal-nn/node';
import { root } from './on-node.ts';

const name = 'resnext_cifar';
const options = { layers: [1, 1, 1], cardinality: 2, baseWidth: 8, planes: 8, numClasses: 3 };
/** The smallest GIF: one pixel. */
const gif = Buffer.from('R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=', 'base64');

/** The versions that answered before and after SIGHUP, and how it ended on SIGTERM. Throws an `Error` with what it said if it does not serve. */
export async function serveHere(): Promise<{
  readonly versions: readonly string[];
  readonly code: number | null;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-serve-here-'));
  const served = join(folder, 'served.safetensors');
  await saveWeights(createModel(name, options).initialize(1), served);
  const child = spawn(
    process.execPath,
    [
      ...[join(root, 'bin/cardinal.js'), 'serve', served, '--port', '0', '--model', name],
      ...['--set', 'layers=1,1,1', 'planes=8', 'cardinality=2', 'baseWidth=8'],
      ...['--mean', '0,0,0', '--std', '1,1,1', '--image-size', '12', '--threads', '1'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const closed = once(child, 'close') as Promise<[number | null]>;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const found = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(said);
      if (match !== null) return match;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`it ended without ${pattern}: ${said}`);
      await Promise.race([once(child.stderr, 'data'), closed]);
    }
  };
  // For what hangs: a busy machine takes as long as it likes.
  const late = setTimeout(() => child.kill('SIGKILL'), 300_000);
  try {
    const [, url] = await found(/listening on (http:[^\s,]+)/);
    const versionNow = async (): Promise<string> => {
      const headers = { 'content-type': 'image/gif' };
      const response = await fetch(`${url}/classify`, { method: 'POST', headers, body: gif });
      const answer = await response.text();
      const { version, predictions } = JSON.parse(answer) as {
        readonly version: string;
        readonly predictions?: readonly unknown[];
      };
      if (response.status !== 200 || predictions?.length !== 3)
        throw new Error(`it answered ${response.status}: ${answer}`);
      return version;
    };
    const before = await versionNow();
    const next = join(folder, 'next.safetensors');
    await saveWeights(createModel(name, options).initialize(2), next);
    await rename(next, served);
    child.kill('SIGHUP');
    await found(/reloaded/);
    const after = await versionNow();
    child.kill('SIGTERM');
    const [code] = await closed;
    return { versions: [before, after], code };
  } finally {
    clearTimeout(late);
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}
