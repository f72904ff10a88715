import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { ReportData } from '../../src/report/data.ts';
import { trainingLossWords } from '../../src/report/recipe.ts';
import { renderReport } from '../../src/report/report.ts';
import { findRecipe } from '../../src/train/recipe.ts';
import { exampleReport as example } from '../support/example-report.ts';

/** What is asked of a page here; the library's own types name the DOM's. */
interface ParsedPage {
  querySelector(selector: string): ParsedElement | null;
  querySelectorAll(selector: string): Iterable<ParsedElement>;
}
interface ParsedElement {
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  readonly outerHTML: string;
  readonly textContent: string;
  getAttribute(name: string): string | null;
}

const ten = Array.from({ length: 10 }, (_, i) => `class ${i}`);

describe('report', () => {
  it('shows the figures of the run', () => {
    const data = example(ten);
    const page = renderReport(data);
    const top1 = data.evaluated?.evaluation.top1 ?? NaN;
    for (const text of [
      `${(100 * top1).toFixed(2)} %`,
      '70,123',
      '11.2 M',
      '2 min 05 s',
      '612/s',
      '23 November 2026',
      'npx cardinal train pictures --seed 7',
      '2 pictures were left out',
      'Confusion matrix',
      'class 9',
      '87.5 %',
    ]) {
      expect(page, text).toContain(text);
    }
  });

  it('draws losses of different quantities apart', () => {
    const captions = (data: ReportData): string[] => {
      const { document } = parseHTML(renderReport(data)) as unknown as { document: ParsedPage };
      return Array.from(document.querySelectorAll('figcaption'), ({ textContent }) =>
        textContent.replace(/\s+/g, ' ').trim(),
      );
    };
    expect(captions(example(ten))[0]).toMatch(/^Loss ?training ?validation$/);
    const recipe = { ...findRecipe('quick'), loss: { kind: 'focal', gamma: 2 } } as const;
    const trainingLoss = trainingLossWords(recipe);
    expect(captions({ ...example(ten), trainingLoss }).slice(0, 2)).toEqual([
      'Loss of trainingfocal, γ 2',
      'Loss of validationcross-entropy',
    ]);
    expect(trainingLossWords(findRecipe('quick'))).toBeUndefined();
    const auxiliary = { aux: 0.4 };
    expect(trainingLossWords({ ...findRecipe('quick'), auxiliary })).toBe(
      'cross-entropy, with those of auxiliary outputs',
    );
    const numbers = { kind: 'mse', standardized: { layer: 'fc', mean: [1], std: [2] } } as const;
    expect(trainingLossWords({ ...recipe, loss: numbers }, 'numbers')).toMatch(/standardised/);
    expect(trainingLossWords({ ...recipe, loss: { kind: 'mse' } }, 'numbers')).toBeUndefined();
  });

  it('has a cell with its count for every pair of classes', () => {
    const data = example(ten);
    const cells = Array.from(
      renderReport(data).matchAll(/<td class="(hit|miss)[^>]*title="([^"]*)"[^>]*>([^<]*)<\/td>/g),
      ([, kind, told, text]) => [kind, told, text.trim()],
    );
    const expected = data.evaluated?.evaluation.confusion.flatMap((row, truth) =>
      row.flatMap((value, guess) => {
        if (value === 0) return [];
        return truth === guess
          ? [['hit', `class ${truth}: ${value} correct`, String(value)]]
          : [['miss', `class ${truth} classified as class ${guess}: ${value}`, String(value)]];
      }),
    );
    expect(cells).toEqual(expected);
  });

  it('maps every pair of many classes', () => {
    const data = example(Array.from({ length: 81 }, (_, i) => `class ${i}`));
    const map = /<svg[^>]*"0 0 81 81".*?<\/svg>/s.exec(renderReport(data))?.[0] ?? '';
    const cells = Array.from(map.matchAll(/M(\d+) (\d+)h1v1h-1z/g), ([, x, y]) => `${y} ${x}`);
    const pairs = data.evaluated?.evaluation.confusion.flatMap((row, truth) =>
      row.flatMap((value, guess) => (value > 0 ? [`${truth} ${guess}`] : [])),
    );
    expect(cells.toSorted()).toEqual(pairs?.toSorted());
  });

  it('shows how sure the network is against how often it is right', () => {
    const page = renderReport(example(ten));
    const { ece, bins } = example(ten).reliability ?? { ece: NaN, bins: [] };
    expect(page).toContain('How often it is right, by how sure it is');
    expect(page).toContain(`expected calibration error, ${(100 * ece).toFixed(2)} %`);
    const { document } = parseHTML(page) as { document: ParsedPage };
    const rows = Array.from(document.querySelectorAll('.reliability tbody tr'), (row) =>
      row.textContent.trim(),
    );
    expect(rows).toHaveLength(bins.filter(({ pictures }) => pictures > 0).length);
    expect(rows.every((row) => /^\d+ % to \d+ %\s+[1-4]\s/.test(row))).toBe(true);
    expect(renderReport({ ...example(ten), reliability: undefined })).not.toContain('How sure it is');
  });

  it('lists what could not be read, up to a number', () => {
    const skipped = Array.from({ length: 503 }, (_, i) => ({
      id: `torn-${i}.png`,
      reason: 'it ends too early',
    }));
    const page = renderReport({ ...example(ten), skipped });
    expect(new Set(page.match(/torn-\d+\.png/g)).size).toBe(500);
    expect(page).toContain('503 pictures');
    expect(page).toContain('and 3 more');
    expect(renderReport({ ...example(ten), skipped: [] })).not.toContain('Could not be read');
  });

  it('has what spoke for the wrong class beside mistakes', () => {
    const page = renderReport(example(ten));
    expect(page.match(/alt="what spoke for class 1"/g)).toHaveLength(2);
    expect(page).toContain('Beside 2 of them stands what spoke for the wrong class');
  });

  it('says so where there are too many classes for a matrix', () => {
    const page = renderReport(
      example(
        Array.from({ length: 401 }, (_, i) => `class ${i}`),
        3,
      ),
    );
    expect(page).toContain('401 classes are too many for a matrix');
  });

  it('lists misclassified pictures by pair, those without room by their name, up to a number', () => {
    const misclassified = Array.from({ length: 3000 }, (_, i) => ({
      id: `picture-${i}.png`,
      label: i % 3 === 0 ? 2 : 0,
      predicted: 1,
      top: [{ label: 1, probability: i / 3000 }],
      picture: i % 2 === 0 && i < 800 ? 'data:image/png;base64,' : undefined,
    }));
    const page = renderReport({ ...example(ten), misclassified, misclassifiedFile: 'misclassified.csv' });
    const pairs = Array.from(
      page.matchAll(
        /<span class="pair"\s*><bdi>(.*?)<\/bdi> <span class="wrong">classified as<\/span> <bdi>(.*?)<\/bdi><\/span\s*>\s*<span class="n">(.*?)</gs,
      ),
      ([, truth, guess, count]) => [truth, guess, count],
    );
    expect(pairs).toEqual([
      ['class 0', 'class 1', '2,000'],
      ['class 2', 'class 1', '1,000'],
    ]);
    expect(page).toContain('3,000 pictures, 400 of them shown');
    // 400 pictures, 2,000 names; the rest is in the file.
    const named = new Set(page.match(/picture-\d+\.png/g));
    expect(named.size).toBe(2400);
    expect(page).toContain('and 600 more');
    // The most confident mistake of a pair comes first.
    expect(page.indexOf('picture-2998.png')).toBeLessThan(page.indexOf('picture-2996.png'));
  });

  it('escapes names, which come from folders', () => {
    const page = renderReport(example(['<script>alert(1)</script>', '"quoted" & \'so\'', 'c']));
    expect(page).not.toContain('<script');
    expect(page).toContain('some &#60;pictures&#62; &#38; more');
  });

  it('takes no orders from names, and shows what is hidden in them', () => {
    const hostile = `"'><img src=x onerror=alert(1)></style></title>\u001b[2J\u202e;background:url(//x)`;
    const names = [hostile, 'b', 'c'];
    for (const classes of [names, [...names, ...Array.from({ length: 30 }, (_, i) => `${i}${hostile}`)]]) {
      const misclassified = [{ id: hostile, label: 0, predicted: 1, top: [{ label: 1, probability: 0.5 }] }];
      const data = example(classes);
      const page = renderReport({
        ...{ ...data, model: hostile, dataset: hostile, command: hostile, notes: [hostile] },
        misclassified: misclassified.map((picture) => ({ ...picture, picture: undefined })),
        leftOut: [{ what: hostile, count: 1, paths: [hostile] }],
      });
      expect(page).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
      const { document } = parseHTML(page) as { document: ParsedPage };
      for (const element of document.querySelectorAll('*')) {
        for (const { name, value } of element.attributes) {
          expect(name, element.outerHTML).not.toMatch(/^on|^href$/);
          if (name === 'src') expect(value).toMatch(/^data:image\//);
          if (name === 'style') expect(value).not.toContain('url');
        }
      }
      expect(document.querySelector('bdi')?.textContent).toBe(
        hostile.replace('\u001b', '\\u001b').replace('\u202e', '\\u202e'),
      );
      // Should a name get through all the same, it can load and run nothing.
      expect(document.querySelector('meta[http-equiv]')?.getAttribute('content')).toMatch(
        /^default-src 'none'/,
      );
    }
  });

  it('needs nothing beside itself', () => {
    const page = renderReport(example(ten));
    expect(page).not.toMatch(/<(?:script|link|iframe|object)\b/);
    const addresses = Array.from(page.matchAll(/(?:src|href)="([^"]*)"/g), ([, address]) => address);
    // 24 samples, 6 mistakes, and what spoke for two of these.
    expect(addresses.length).toBe(32);
    for (const address of addresses) expect(address).toMatch(/^data:image\//);
    expect(page).not.toMatch(/url\(|@import/);
  });

  it('stays small with 100 classes and a full matrix', () => {
    const names = Array.from({ length: 100 }, (_, i) => `a rather long class name ${i}`);
    const page = renderReport(example(names, 1000));
    expect(page.length).toBeLessThan(600_000);
    expect(page).toContain('Confusion matrix');
  });

  it('does without validation, samples and steps', () => {
    const data: { evaluated?: unknown } & ReportData = example(ten);
    delete data.evaluated;
    const page = renderReport({ ...data, samples: [], steps: [], epochs: [], notes: [] });
    expect(page).not.toContain('Confusion matrix');
    expect(page).not.toMatch(/NaN|undefined/);
  });
});
