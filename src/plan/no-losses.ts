/** In the scripts of a page that trains there is one output, and so one loss. */
export { recordLoss as recordLosses } from './record-loss.ts';
