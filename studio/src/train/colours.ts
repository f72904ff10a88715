/** Colours of runs, told apart by the colour-blind as well: Okabe and Ito's, by properties that follow light and dark. */
const colours = ['--run-1', '--run-2', '--run-3', '--run-4', '--run-5', '--run-6'];

export function colourOf(at: number): string {
  return `var(${colours[at % colours.length]})`;
}
