import { text, type Kind } from '../../base/options.ts';

/** A URL as callers give one: text, relative to the page, or an object. */
export const url: Kind = {
  expected: 'a URL',
  is: (value) => text.is(value) || value instanceof URL,
};
