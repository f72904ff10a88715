import { describe, expect, test } from 'vitest';
import { tableOfCsv, tableOfJson, type LabelTable } from '../../../src/data/labels/label-table.ts';

function plain({ task, names, rows }: LabelTable) {
  return { task, names, rows: Object.fromEntries([...rows].map(([name, row]) => [name, [...row]])) };
}
const csv = (text: string, wanted?: readonly string[]) => plain(tableOfCsv(text, 'labels.csv', wanted));
const json = (value: unknown, wanted?: readonly string[]) =>
  plain(tableOfJson(JSON.stringify(value), 'labels.json', wanted));

describe('CSV', () => {
  test('one column of labels, divided by | or ;, some with none', () => {
    const text = '\uFEFFfile,labels\r\na.jpg,dog|cat\r\n./b/c.jpg,"dog; bird"\r\n\r\nd.jpg,\r\n';
    expect(csv(text)).toEqual({
      task: 'labels',
      names: ['bird', 'cat', 'dog'],
      rows: { 'a.jpg': [0, 1, 1], 'b/c.jpg': [1, 0, 1], 'd.jpg': [0, 0, 0] },
    });
  });

  test('a column for each label', () => {
    expect(csv('file,cat,dog\na.jpg,1,0\nb.jpg,1,1')).toEqual({
      task: 'labels',
      names: ['cat', 'dog'],
      rows: { 'a.jpg': [1, 0], 'b.jpg': [1, 1] },
    });
  });

  test('one column without a word: of gaps alone, labels of which no picture has any', () => {
    expect(csv('file,labels\na.jpg,\nb.jpg,', ['cat'])).toMatchObject({
      task: 'labels',
      rows: { 'b.jpg': [0] },
    });
    expect(csv('file,labels\na.jpg,none\nb.jpg,cat').names).toEqual(['cat', 'none']);
    expect(csv('file,labels\na.jpg,1|2\nb.jpg,').names).toEqual(['1', '2']);
  });

  test('columns of numbers, in the order of a network', () => {
    expect(csv('file,x,y\n"a, b.jpg",1,-2.5e1\nb.jpg,0,1', ['y', 'x'])).toEqual({
      task: 'numbers',
      names: ['y', 'x'],
      rows: { 'a, b.jpg': [-25, 1], 'b.jpg': [1, 0] },
    });
  });

  test.each([
    ['', /^labels\.csv: expected a first line that names the columns, .* got nothing$/],
    ['file\na.jpg', /^labels\.csv: expected a first line that names the columns/],
    ['file,labels', /^labels\.csv: expected labels of pictures, got none$/],
    ['file,labels\na.jpg,x,y', /^labels\.csv:2: expected 2 columns, got 3$/],
    ['file,labels\na.jpg,x\na.jpg,y', /^labels\.csv:3: expected each picture once, got 'a\.jpg' again$/],
    ['file,x,y\na.jpg,1,2\n\nb.jpg,1,tall', /^labels\.csv:4: expected a number in column 'y', got 'tall'$/],
    ['file,x\na.jpg,1.5\nb.jpg,', /^labels\.csv:3: expected a number in column 'x', got ''$/],
    ['file,x\na.jpg,NaN\nb.jpg,2', /^labels\.csv:2: expected a number in column 'x', got 'NaN'$/],
    ['file,x\na.jpg,1\nb.jpg,n/a', /^labels\.csv:3: expected a number in column 'x', got 'n\/a'$/],
    ['file,x\na.jpg,1e99', /^labels\.csv:2: expected a number in single precision for 'x', got 1e\+99$/],
    ['file,x\na.jpg,"1', /^labels\.csv:2: expected a quote that is closed, got the end of the file$/],
    ['file,x\n,cat', /^labels\.csv:2: expected the name of a picture, got nothing$/],
  ])('%j is refused with its line', (text, message) => {
    expect(() => csv(text)).toThrow(message);
  });

  test('names that a network does not know are refused', () => {
    expect(() => csv('file,labels\na.jpg,cat\nb.jpg,dgo', ['cat', 'dog'])).toThrow(
      /^labels\.csv:3: the class 'dgo' is not among the 2 classes of the network; the nearest is 'dog'$/,
    );
    expect(() => csv('file,x\na.jpg,1.5', ['y'])).toThrow(/^labels\.csv: expected the network's y, got x$/);
  });
});

describe('JSON', () => {
  test('labels, numbers, numbers by name', () => {
    expect(json({ 'a.jpg': ['cat', 'dog'], 'b.jpg': 'dog', 'c.jpg': [] })).toEqual({
      task: 'labels',
      names: ['cat', 'dog'],
      rows: { 'a.jpg': [1, 1], 'b.jpg': [0, 1], 'c.jpg': [0, 0] },
    });
    expect(json({ 'a.jpg': 3.5, 'b.jpg': -1 })).toMatchObject({
      task: 'numbers',
      names: ['value'],
      rows: { 'a.jpg': [3.5], 'b.jpg': [-1] },
    });
    expect(json({ 'a.jpg': { x: 1, y: 2 }, 'b.jpg': { y: 4, x: 3 } })).toMatchObject({
      task: 'numbers',
      rows: { 'a.jpg': [1, 2], 'b.jpg': [3, 4] },
    });
  });

  test.each([
    [
      { 'a.jpg': null },
      /^labels\.json: .*expected a label, an array of labels, a number, or numbers by name/,
    ],
    [
      { 'a.jpg': 'cat', 'b.jpg': 2 },
      /^labels\.json: 'b\.jpg': expected labels, as others have, got numbers$/,
    ],
    [{ 'a.jpg': { x: 1 }, 'b.jpg': { y: 1 } }, /'b\.jpg': expected numbers called x, .* got y$/],
    [{ 'a.jpg': {} }, /^labels\.json: 'a\.jpg': expected numbers by name, got none$/],
    [{ 'a.jpg': { x: 1 }, 'b.jpg': 5 }, /'b\.jpg': expected numbers called x, .* got value$/],
    [{ 'b.jpg': 5, 'a.jpg': { x: 1 } }, /'a\.jpg': expected numbers called value, .* got x$/],
    [{}, /^labels\.json: expected labels of pictures, got none$/],
  ])('%j is refused', (value, message) => {
    expect(() => json(value)).toThrow(message);
  });
});
