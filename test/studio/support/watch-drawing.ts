export interface Watched {
  /** Of how many parts of the drawing something was changed at once, at most. */
  readonly most: number;
  /** Labels of the controls that were changed. */
  readonly dragged: readonly string[];
}

/** For a page: sees from now on what changes in the Network room; `watched` tells. What is drawn in one go is told in one go. */
export const watchDrawing = `(() => {
  const watched = globalThis.watched = { most: 0, dragged: [] };
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  const around = (target) => target.parentElement ?? target;
  new MutationObserver((records) => {
    const parts = new Set(records.map(({ target }) =>
      (target.closest?.('.part') ?? around(target).closest('.part'))?.dataset.id));
    watched.most = Math.max(watched.most, parts.size);
  }).observe(document.querySelector('.network-drawing'), all);
  new MutationObserver((records) => {
    for (const { target } of records) {
      const label = around(target).closest('.range')?.querySelector('label')?.textContent ?? target.nodeName;
      if (!watched.dragged.includes(label)) watched.dragged.push(label);
    }
  }).observe(document.querySelector('.network-controls'), all);
})()`;
