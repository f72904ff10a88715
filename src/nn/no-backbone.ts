/** Stands for `backbone.ts` in the engine of a page that trains: there `freeze` takes patterns of names alone. */
export function backboneOf(): [] {
  return [];
}
