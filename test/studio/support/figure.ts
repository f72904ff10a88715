/**
 * For a page: the pixels between the first two paths in the first layer of a block's figure, as it is drawn at the moment. A browser may
 * write an outline with places instead of lengths.
 */
export function gapOf(figure: string): string {
  return `(() => {
    const [even, odd] = [...document.querySelectorAll('${figure} .piece.row0')].map((piece) => {
      const outline = getComputedStyle(piece).getPropertyValue('d');
      const found = /M ?([\\d.]+)[ ,]+[\\d.]+ ?(h|H|L) ?([\\d.]+)/.exec(outline);
      if (found === null) throw new Error('an outline of another sort: ' + outline.slice(0, 200));
      const from = Number(found[1]);
      return { from, to: found[2] === 'h' ? from + Number(found[3]) : Number(found[3]) };
    });
    return odd.from - even.to;
  })()`;
}
