/** How a run is drawn, to be told from the others without colours as well. */
export interface Look {
  /** Its own among the runs that are drawn, from 0. */
  readonly place: number;
  readonly colour: string;
  /** Of its lines; undefined: not broken. */
  readonly dash: string | undefined;
  readonly symbol: 'circle' | 'square';
}

/** Okabe and Ito's colours, which the colour-blind tell apart, by properties that follow light and dark. */
const colours = ['--run-1', '--run-2', '--run-3', '--run-4', '--run-5', '--run-6'];

/** Runs that are drawn at a time, at most: each colour once with unbroken lines and once with broken ones. */
export const mostDrawn = 2 * colours.length;

export function lookOf(place: number): Look {
  const isSecond = place >= colours.length;
  return {
    place,
    colour: `var(${colours[place % colours.length]})`,
    dash: isSecond ? '7 4' : undefined,
    symbol: isSecond ? 'square' : 'circle',
  };
}

/** A place for each name: the one that it had, so that no run changes its colour when another comes or goes; new ones get the first that are free. */
export function placesOf(
  names: readonly string[],
  before: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const name of names) {
    const place = before.get(name);
    if (place !== undefined) places.set(name, place);
  }
  const taken = new Set(places.values());
  let free = 0;
  for (const name of names) {
    if (places.has(name)) continue;
    while (taken.has(free)) free++;
    places.set(name, free);
    taken.add(free);
  }
  return places;
}
