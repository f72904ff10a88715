/** How far two names are apart. In the engine of a page that trains `known-distance.ts` stands for this file. */
export { distance } from 'fastest-levenshtein';
