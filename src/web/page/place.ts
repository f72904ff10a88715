import type { Kind } from '../../base/options.ts';

/** A folder of the private file system by its path, which leads nowhere else. */
export const place: Kind = {
  expected: 'a path in the private file system, such as opfs:runs/pets',
  is: (value) =>
    typeof value === 'string' && /^opfs:\/*[^/]/.test(value) && !/(^opfs:|\/)\.\.(\/|$)/.test(value),
};
