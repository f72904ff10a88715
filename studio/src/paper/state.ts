import { signal } from '@preact/signals';

/** The block on the sliders: C paths of d channels. */
export const cardinality = signal(32);
export const width = signal(4);
