/** Stands for `divide.ts` in the engine of a page that trains: it is the only rank. */
export function divide(): never {
  throw new Error('never');
}
