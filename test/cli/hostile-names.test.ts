import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cardinal } from './cardinal.ts';
import { writePictures } from './pictures.ts';

/** A clipboard written (OSC 52), a cleared screen, a line forged, a turned direction, all in one name. */
const hostile = 'cat\u001b]52;c;ZXZpbA==\u0007\u009b2J\u001b[31m\nwritten: ok\r\u202egpj';
const shown = String.raw`cat\u001b]52;c;ZXZpbA==\u0007\u009b2J\u001b[31m\u000awritten: ok\u000d\u202egpj`;

/** What the name asks a terminal for; what else moves the cursor and colours is ours. */
const obeyed = new RegExp(String.raw`\u001b\]|[\u0007\u009b\u202e]|\u001b\[31m|^written`, 'mu');

/** What is written to a stream that says it is a terminal, or not. */
function watched(columns?: number): { stream: NodeJS.WriteStream; written: () => string } {
  const parts: string[] = [];
  const stream = {
    ...{ isTTY: columns !== undefined, columns, rows: 24 },
    write: (text: string) => parts.push(text) > 0,
    ...{ cursorTo: () => true, clearLine: () => true, on: () => undefined },
  };
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => parts.join('') };
}

describe('names of strangers on a terminal with colours', () => {
  const load = () =>
    Promise.all([
      import('../../src/cli/output/colours.ts'),
      // All that writes, as one module's.
      Promise.all([import('../../src/cli/output/lines.ts'), import('../../src/cli/output/print.ts')]).then(
        ([lines, printing]) => ({ ...lines, ...printing }),
      ),
      import('../../src/cli/output/table.ts'),
      import('../../src/cli/output/evaluation.ts'),
      import('../../src/cli/train/progress.ts'),
      import('../../src/cli/output/download-progress.ts'),
      import('../../src/cli/output/transient.ts'),
      import('../../src/cli/output/prediction.ts'),
    ]);
  let modules: Awaited<ReturnType<typeof load>>;
  beforeAll(async () => {
    vi.resetModules();
    // Colours are decided when the modules are loaded.
    vi.stubEnv('FORCE_COLOR', '1');
    vi.stubEnv('NO_COLOR', undefined);
    modules = await load();
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  it('are shown on their line, between our colours', () => {
    const [{ pc }, { writeLines }] = modules;
    const { stream, written } = watched();
    writeLines(stream, `${pc.bold(hostile)}: ${hostile}`, pc.green('yes'));
    expect(written()).toBe(`\u001b[1m${shown}\u001b[22m: ${shown}\n\u001b[32myes\u001b[39m\n`);
  });

  it('are no colours of ours, though they repeat the codes', () => {
    const [{ cleaned, pc }] = modules;
    const [open] = pc.red('|').split('|');
    expect(cleaned(open)).toBe(open);
    expect(cleaned('\u001b[31m')).toBe(String.raw`\u001b[31m`);
    expect(cleaned('\u001b[31;1111;2222;3333;4444m')).toBe(String.raw`\u001b[31;1111;2222;3333;4444m`);
  });

  it('keep columns aligned', () => {
    const [{ finished, pc }, , { alignColumns, shorten, visibleLength }] = modules;
    const coloured = [
      ['a', pc.green('1'), 'x'],
      ['long', '100', ''],
    ];
    expect(alignColumns(coloured, ['left', 'right', 'left']).map(finished)).toEqual([
      'a       \u001b[32m1\u001b[39m  x',
      'long  100',
    ]);
    const rows = alignColumns(
      [
        [hostile, pc.green('1')],
        ['b', '22'],
      ],
      ['left', 'right'],
    );
    expect(new Set(rows.map(visibleLength)).size).toBe(1);
    expect(shorten('a\u001b[31mb', 8)).toBe(String.raw`a\u001b…`);
  });

  it('are told in a sentence that is broken to the width, and forge no line of it', () => {
    const [, { wrapped, writeLines }] = modules;
    const { stream, written } = watched(40);
    writeLines(stream, ...wrapped(`warning: ${hostile}`, stream));
    const lines = written().trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {2}/);
    expect(written()).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  });

  it('stand beside bars, in lines that go away, in warnings and logs', () => {
    const [, , , , { progressView }, { downloadView }, { transientLine }] = modules;
    for (const columns of [undefined, 400]) {
      const { stream, written } = watched(columns);
      const view = progressView(stream);
      view.say(`writing ${hostile}`);
      view.show({ type: 'warning', message: `1 picture is left out: ${hostile}: it is no JPEG` });
      view.stop();
      let now = 0;
      const downloads = downloadView(stream, () => now);
      for (now = 0; now <= 20_000; now += 10_000)
        downloads.show({ file: hostile, received: now, total: 99_000 });
      downloads.stop();
      if (columns !== undefined) {
        const line = transientLine(stream);
        line.show(hostile);
        line.clear();
      }
      expect(written().split(shown).length).toBeGreaterThan(3);
      expect(written()).not.toMatch(obeyed);
    }
  });

  it('are classes and pictures', () => {
    const [, { writeLines }, , { evaluationLines }, , , , { predictionLines }] = modules;
    const perClass = ['', hostile].map((name) => ({
      name,
      total: 1,
      correct: 0,
      precision: 0,
      recall: 0,
      f1: 0,
    }));
    const evaluation = { total: 2, correct: 0, top1: 0, top5: 1, loss: 1, perClass };
    const { stream, written } = watched();
    writeLines(
      stream,
      ...evaluationLines({ ...evaluation, confusion: [[0, 1], [1, 0]] }, 'pictures'), // prettier-ignore
      ...predictionLines(hostile, [{ name: hostile, probability: 1 }], hostile),
    );
    expect(written()).not.toMatch(obeyed);
  });

  it('mean the same in JSON', () => {
    const [, { printJson }] = modules;
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    let document: string;
    try {
      printJson({ [hostile]: [`${hostile}\u007f\u2028\\u001b`] });
      document = write.mock.calls.map(([text]) => String(text)).join('');
    } finally {
      write.mockRestore();
    }
    expect(document).not.toMatch(/(?!\n)[\p{Cc}\u2028\u202e]/u);
    expect(JSON.parse(document)).toEqual({ [hostile]: [`${hostile}\u007f\u2028\\u001b`] });
  });
});

describe('a word of a command that is to be pasted', () => {
  it.each(['runs/a', 'my runs', "it's", hostile, "a\n'b'\\c1", '\u001b1', '$HOME`id`', '猫\u200b'])(
    '%j is what a shell reads',
    async (word) => {
      const { shellWord } = await import('../../src/cli/output/print.ts');
      const quoted = shellWord(word);
      expect(quoted).not.toMatch(/[\p{Cc}\u202e\u200b]/u);
      expect(execFileSync('bash', ['-c', `printf %s ${quoted}`], { encoding: 'utf8' })).toBe(word);
    },
  );
});

describe('commands on folders, classes and files of strangers', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cardinal-hostile-'));
    await writePictures(join(folder, hostile), { train: 4, test: 2 }, [hostile, '=1+1']);
    await writeFile(join(folder, hostile, 'train', hostile, `${hostile}.png`), 'no picture');
    await writeFile(join(folder, hostile, 'train', hostile, `x.${hostile}`), 'of another kind');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('write nothing that a terminal obeys, and no line of theirs', async () => {
    const network = ['--model', 'resnext_cifar', '--set', 'layers=1,1,1', 'planes=8', 'cardinality=2'];
    const quick = ['--epochs', '1', '--batch-size', '4', '--threads', '1'];
    const run = `run ${hostile}`;
    const trained = await cardinal(['train', hostile, ...network, ...quick, '--out', run], { cwd: folder });
    const weights = join(run, 'best.safetensors');
    const [predicted, failed] = await Promise.all([
      cardinal(['predict', weights, hostile, '--csv', '--threads', '1'], { cwd: folder }),
      cardinal(['train', '--resume', `${run}/${hostile}`], { cwd: folder }),
    ]);
    expect([trained.code, predicted.code, failed.code], trained.stderr).toEqual([0, 1, 1]);
    const misclassified = await readFile(join(folder, run, 'misclassified.csv'), 'utf8');
    for (const text of [trained, predicted, failed].flatMap(({ stdout, stderr }) => [stdout, stderr])) {
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\u202e]|^written/mu);
    }
    expect(misclassified).not.toMatch(/(?!\n)[\p{Cc}\u202e]|^written|,=/mu);
    expect(trained.stdout).toContain(`the run is in run ${shown}: report.html`);
    expect(predicted.stdout).toContain(",'=1+1,0.");
    expect(predicted.stderr).toContain(`${shown}.png: not a picture of a known format`);
    expect(failed.stderr).toContain(shown);
  });
});
