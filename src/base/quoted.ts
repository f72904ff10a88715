/**
 * Text that we did not write, on one line and with nothing in it that a terminal obeys or a reader cannot see: each such
 * character becomes its escape in JSON, `\u001b` for ESC. What is shown so is the same when it is shown again.
 *
 * That is: control characters (C0, DEL, C1) with tabs and line ends, U+2028 and U+2029, halves of surrogate pairs, and whatever
 * takes no room: marks of direction, joiners, soft hyphens, variation selectors, tags, U+FEFF. Those stay where writing needs them:
 * in emoji, behind an ideograph, in scripts whose letters join. Of accents upon one letter eight stay.
 */
export function visible(text: string): string {
  // Most text is plain, and the whole pattern takes a start-up's time to compile.
  if (plain.test(text)) return text;
  hiddenOrNeeded ??= new RegExp(`(${needed.join('|')})|${hidden}`, 'gv');
  return text.replace(hiddenOrNeeded, (found, needed: string | undefined) => needed ?? escaped(found));
}

/** Letters, punctuation, arrows and boxes: what our own texts are made of. */
const plain = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u259f]*$/;

/**
 * Text out of a file as messages show it: cut if it is longer than a person reads, never within a character of two halves, and
 * `visible`.
 */
export function shortened(text: string, longest = 120): string {
  if (text.length <= longest) return visible(text);
  const end = /[\ud800-\udbff]$/.test(text.slice(0, longest)) ? longest - 1 : longest;
  return `${visible(text.slice(0, end))}…`;
}

/** A name out of a file as messages show it. */
export function quoted(name: string): string {
  return `'${shortened(name)}'`;
}

/** Scripts in which a joiner changes what is read. */
const joining = 'Arab Syrc Nkoo Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt'.split(
  ' ',
);
/** A key cap, a flag of a part of a country, an emoji of several, a variant of a character, a joint between letters. */
const needed = [
  String.raw`[0-9#*]\ufe0f\u20e3`,
  String.raw`\p{RGI_Emoji_Tag_Sequence}`,
  String.raw`\p{ExtPict}(?:[\ufe0e\ufe0f]|\p{EMod})?(?:\u200d\p{ExtPict}(?:\ufe0f|\p{EMod})?)*`,
  String.raw`\p{sc=Hani}[\ufe00-\ufe02\u{e0100}-\u{e01ef}]`,
  String.raw`\p{sc=Mong}[\u180b-\u180d\u180f]`,
  String.raw`[[${joining.map((script) => `\\p{scx=${script}}`).join('')}]--\p{DI}][\u200c\u200d]`,
];
/** `DI`, default ignorable, is Unicode's word for what takes no room. */
const hidden = String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}\ufff9-\ufffb]|(?<=\p{M}{8})\p{M}`;
let hiddenOrNeeded: RegExp | undefined;

function escaped(characters: string): string {
  // By units, not by code points, as JSON does: a character beyond U+FFFF is two escapes.
  return characters.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
