/** The networks that the registry knows. In the engine of a page that trains, `known-entries.ts` stands for it. */
export { allEntries as entries } from './all-entries.ts';
