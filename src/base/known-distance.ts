type Distance = (a: string, b: string) => number;

/**
 * How far two names are apart: further than any two are, so that candidates stay in their order, until `learnDistance` is called, which
 * is before networks and options are named that were not found.
 */
export let distance: Distance = () => 1000;

export function learnDistance(given: Distance): void {
  distance = given;
}
