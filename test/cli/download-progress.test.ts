import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { downloadView } from '../../src/cli/output/download-progress.ts';

const MiB = 2 ** 20;
const total = 96 * MiB;
const file = 'model.safetensors';

/** A view of so many columns, or of no terminal, and what it wrote; `at` shows a progress at a second. */
function watch(columns?: number) {
  const stream = new PassThrough();
  const written: string[] = [];
  stream.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  let time = 0;
  // What the view uses of a terminal, and no more.
  const terminal = Object.assign(stream, { isTTY: columns !== undefined, columns });
  const view = downloadView(terminal as unknown as NodeJS.WriteStream, () => time);
  return {
    view,
    written,
    at: (second: number, received: number): void => {
      time = 1000 * second;
      view.show({ file, received, total });
    },
  };
}

describe('a download where there is no terminal', () => {
  it('is a line every ten seconds, and one at the end', () => {
    const { at, written } = watch();
    for (let second = 0; second <= 24; second++) at(second, second * 4 * MiB);
    expect(written).toEqual([
      `${file}: 40.0 MiB of 96.0 MiB (42 %), 4.00 MiB/s, 14.0 s left\n`,
      `${file}: 80.0 MiB of 96.0 MiB (83 %), 4.00 MiB/s, 4.0 s left\n`,
      `${file}: 96.0 MiB of 96.0 MiB\n`,
    ]);
  });

  it('is nothing if it is short', () => {
    const { at, written } = watch();
    at(0, 0);
    at(9, total);
    expect(written).toEqual([]);
  });

  it('does not count what an earlier call left as fast', () => {
    const { at, written } = watch();
    at(0, 90 * MiB);
    at(10, 91 * MiB);
    expect(written).toEqual([`${file}: 91.0 MiB of 96.0 MiB (95 %), 102 KiB/s, 50.0 s left\n`]);
  });

  it('tells the pace of the last ten seconds, and begins anew with the download', () => {
    const { at, written } = watch();
    at(0, 0);
    at(10, 10 * MiB);
    at(20, 10 * MiB);
    at(21, 0);
    at(31, 20 * MiB);
    expect(written.slice(1)).toEqual([
      `${file}: 10.0 MiB of 96.0 MiB (10 %), 0 B/s, – left\n`,
      `${file}: 20.0 MiB of 96.0 MiB (21 %), 2.00 MiB/s, 38.0 s left\n`,
    ]);
  });

  it('of unknown length has no share', () => {
    const { view, written } = watch();
    view.show({ file, received: 0, total: undefined });
    expect(written).toEqual([]);
  });
});

describe('a download on a terminal', () => {
  it('is a bar that goes away when it is done', () => {
    const { at, written } = watch(120);
    at(0, 40 * MiB);
    const shown = written.join('');
    expect(shown).toContain(`${file} ████████████░░░░░░░░░░░░░░░░ 40.0 MiB of 96.0 MiB  0 B/s  – left`);
    at(1, total);
    // Clears the bar's line, and shows the cursor again.
    expect(written.slice(-4).join('')).toContain('\u001b[2K');
    expect(written.join('')).toContain('\u001b[?25h');
    expect(written.join('')).not.toContain('\n');
  });

  it('of unknown length is the bytes that came', () => {
    const { view, written } = watch(120);
    view.show({ file, received: 3 * MiB, total: undefined });
    view.stop();
    expect(written.join('')).toContain(`${file}  3.00 MiB  0 B/s`);
  });
});
