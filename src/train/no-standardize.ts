/*
 * Stands for `standardize.ts` and `in-units.ts` in the scripts of a page, where networks learn no numbers. A function for each name: then
 * none of them is left in the script.
 */
export const inUnits = <T>(state: T): T => state;
export const learned = <T>(batch: T): T => batch;
export const standardizing = <T>(config: T): T => config;
export const standardizedBy = (): undefined => undefined;
export const tensorInUnits = (): undefined => undefined;
