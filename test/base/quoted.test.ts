import { describe, expect, it } from 'vitest';
import { quoted, shortened, visible } from '../../src/base/quoted.ts';

describe('text that we did not write', () => {
  it.each([
    ['a line end', 'cat\nall is well', String.raw`cat\u000aall is well`],
    ['a tab, a carriage return, a bell, a backspace', '\t\r\u0007\b', String.raw`\u0009\u000d\u0007\u0008`],
    [
      'OSC 52, which writes the clipboard',
      '\u001b]52;c;ZXZpbA==\u0007',
      String.raw`\u001b]52;c;ZXZpbA==\u0007`,
    ],
    ['the same in C1, and DEL', '\u009d52;c;\u009c\u007f', String.raw`\u009d52;c;\u009c\u007f`],
    ['ends of lines and paragraphs', '\u0085\u2028\u2029', String.raw`\u0085\u2028\u2029`],
    ['a turned direction', 'photo\u202egpj.exe', String.raw`photo\u202egpj.exe`],
    [
      'isolates and marks',
      '\u2066\u2067\u2068\u2069\u200e\u200f\u061c',
      String.raw`\u2066\u2067\u2068\u2069\u200e\u200f\u061c`,
    ],
    ['what takes no room', 'c\u200ba\u00adt\u2060\ufeff', String.raw`c\u200ba\u00adt\u2060\ufeff`],
    ['joiners between Latin letters', 'c\u200da\u200ct', String.raw`c\u200da\u200ct`],
    ['a variation selector behind a letter', 'cat\ufe0f', String.raw`cat\ufe0f`],
    ['a message in tags', 'cat\u{e0068}\u{e0069}', String.raw`cat\udb40\udc68\udb40\udc69`],
    ['bytes in variation selectors', '😀\u{e0100}\u{e0101}', String.raw`😀\udb40\udd00\udb40\udd01`],
    ['halves of a pair', '\ud83d \ude00', String.raw`\ud83d \ude00`],
    [
      'more accents than a letter has',
      `a${'\u0301'.repeat(10)}`,
      `a${'\u0301'.repeat(8)}${String.raw`\u0301\u0301`}`,
    ],
  ])('shows %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(visible(shown), 'the second time').toBe(shown);
  });

  it.each([
    'C:\\photos\\new\\u.jpg',
    'señal, Việt, caña',
    'e\u0301 in two characters',
    'Bildschirmfoto um 9.41\u202fAM',
    '👩‍👩‍👧, 👍🏽, 🏳️‍🌈, 1️⃣, ❤️, 🇯🇵',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    'می\u200cخواهم',
    'ന\u0d4d\u200d, क\u094d\u200dष',
    '葛\u{e0100}城, 日本語, עברית',
  ])('leaves %s as it is', (text) => {
    expect(visible(text)).toBe(text);
  });

  it('shows or hides each of the first 9,728 characters as Unicode says', () => {
    const wrong: string[] = [];
    for (let point = 0; point < 0x2600; point++) {
      const character = String.fromCodePoint(point);
      const isHidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(character);
      if ((visible(character) === character) === isHidden) wrong.push(point.toString(16));
      if (visible(`a${character}\u0007`) !== `a${visible(character)}\\u0007`)
        wrong.push(`${point.toString(16)} in a text`);
    }
    expect(wrong).toEqual([]);
  });

  it('is valid in JSON, and means the same', () => {
    const text = '\u007f\u009b\u2028\u202e\u{e0068}"\\';
    const shown = visible(JSON.stringify(text));
    expect(shown).toBe(String.raw`"\u007f\u009b\u2028\u202e\udb40\udc68\"\\"`);
    expect(JSON.parse(shown)).toBe(text);
  });

  it('is cut between characters', () => {
    expect(shortened('ab😀', 3)).toBe('ab…');
    expect(shortened('ab😀', 4)).toBe('ab😀');
    expect(shortened('a\nb', 2)).toBe(String.raw`a\u000a…`);
    expect(quoted('a\u001bb')).toBe(String.raw`'a\u001bb'`);
  });

  it('takes time in proportion to its length', () => {
    // With anything quadratic this would not end.
    for (const unit of ['\u0301', '\u200d', '👩\u200d', '1\ufe0f']) {
      expect(visible(unit.repeat(50_000)).length).toBeGreaterThan(50_000);
    }
  });
});
