/**
 * The order of names everywhere: by Unicode code points, as Python's `sorted` and so torchvision's `ImageFolder` have it.
 * JavaScript's own order, and that of `<`, is by UTF-16 units, which puts emoji and rare ideographs (U+10000 and above)
 * before U+E000 to U+FFFF: labels would be permuted against weights trained elsewhere.
 *
 * Negative if `a` comes first, positive if `b` does, 0 if they are equal; for `sort` and `toSorted`.
 */
export function byCodePoint(a: string, b: string): number {
  for (let i = 0; ;) {
    const [x, y] = [a.codePointAt(i), b.codePointAt(i)];
    if (x === undefined || y === undefined) return a.length - b.length;
    if (x !== y) return x - y;
    i += x > 0xffff ? 2 : 1;
  }
}
