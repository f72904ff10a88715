/** Something on a drawing: at a place, with what is to be read of it. */
interface Placed {
  readonly y: number;
  readonly height: number;
}

/** A stretch of a drawing, in its pixels. */
export interface Stretch {
  readonly top: number;
  readonly bottom: number;
}

/**
 * What of a drawing is drawn anew while a control is dragged: what is new, has moved, or is in sight. The rest stays as it was, however much
 * there is of it, and follows when the control rests.
 */
export class Fresh<T extends Placed> {
  readonly #keyOf: (item: T) => string;
  readonly #placeOf: (item: T) => string;
  #kept: ReadonlyMap<string, T> = new Map();

  /** @param keyOf what stays the same of an item; `placeOf`: what must be the same of two for the one to stand for the other. */
  constructor(keyOf: (item: T) => string, placeOf: (item: T) => string) {
    this.#keyOf = keyOf;
    this.#placeOf = placeOf;
  }

  /** The items to draw, those that stay being the same objects as before; and how many of these are out of date. `most` of them follow. */
  of(items: readonly T[], { top, bottom }: Stretch, most: number): { items: readonly T[]; stale: number } {
    const before = this.#kept;
    const kept = new Map<string, T>();
    let stale = 0;
    let left = most;
    for (const item of items) {
      const key = this.#keyOf(item);
      const old = before.get(key);
      const isSeen = item.y < bottom && item.y + item.height > top;
      if (old === undefined || old === item || isSeen || this.#placeOf(old) !== this.#placeOf(item)) {
        kept.set(key, item);
      } else if (left > 0) {
        left--;
        kept.set(key, item);
      } else {
        stale++;
        kept.set(key, old);
      }
    }
    this.#kept = kept;
    return { items: [...kept.values()], stale };
  }
}
