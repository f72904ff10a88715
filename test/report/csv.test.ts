import { csvParseRows } from 'd3-dsv';
import { describe, expect, it } from 'vitest';
import { csvRow, csvText } from '../../src/report/csv.ts';

/** The cells as a program reads them whose cells end at `separator`. */
const cells = (row: string): string[] => csvParseRows(row)[0];

describe('a row of a table for spreadsheets', () => {
  it.each([
    ['=HYPERLINK("http://x.y")', `'=HYPERLINK("http://x.y")`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    [' =1', "' =1"],
    ['"=1', `'"=1`],
    ['＝1', "'＝1"],
    ["'=1", "''=1"],
    ['a;=1;"+2', `a;'=1;'"+2`],
    ['cats/-1.png', 'cats/-1.png'],
    ['a=1', 'a=1'],
    ['-', '-'],
    ["it's", "it's"],
    ['', ''],
  ])('makes %j text: %j', (text, cell) => {
    const row = csvRow(['first', text, 'last, "quoted"']);
    expect(cells(row)).toEqual(['first', cell, 'last, "quoted"']);
    expect(csvText(cell)).toBe(text);
  });

  it('shows what is hidden, tabs and line ends too', () => {
    const row = csvRow(['\t=1', '\r=1', 'a\nb', '\u001b[2J', 'x\u202egpj']);
    expect(row).toBe(String.raw`\u0009=1,\u000d=1,a\u000ab,\u001b[2J,x\u202egpj`);
  });

  it('leaves numbers numbers', () => {
    expect(csvRow([-0.5, 1e-7, undefined, 3])).toBe('-0.5,1e-7,,3');
  });
});
