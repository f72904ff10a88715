import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A browser to lay out pages in: Debian's package `chromium`, or Chrome. Undefined where there is none. */
export function findChromium(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome'].find(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}

/**
 * Lays out `page` in a window `width` pixels wide and gives what `probe` finds there: an expression of JavaScript with
 * `document` and `window` of the page.
 */
export function probePage(chromium: string, page: string, width: number, probe: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'cardinal-chromium-'));
  try {
    const file = join(folder, 'probe.html');
    // The narrowest window is wider than a telephone, so the page is laid out in a frame.
    const script = `const frame = document.querySelector('iframe');
      frame.addEventListener('load', () => {
        const window = frame.contentWindow;
        const document = window.document;
        self.document.querySelector('output').textContent = JSON.stringify(${probe});
      });
      frame.srcdoc = ${JSON.stringify(page).replaceAll('<', '\\u003c')};`;
    writeFileSync(
      file,
      `<!doctype html><meta charset="utf-8"><output></output>
       <iframe style="width:${width}px;height:900px;border:0"></iframe><script>${script}</script>`,
    );
    const { stdout, stderr } = spawnSync(
      chromium,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(folder, 'profile')}`],
        ...['--window-size=2000,1000', '--virtual-time-budget=20000', '--dump-dom', `file://${file}`],
      ],
      { encoding: 'utf8', timeout: 60_000, maxBuffer: 2 ** 28 },
    );
    const found = /<output>(.*?)<\/output>/s.exec(stdout)?.[1];
    if (found === undefined || found === '') throw new Error(`chromium gave no answer: ${stderr}`);
    return JSON.parse(found.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
