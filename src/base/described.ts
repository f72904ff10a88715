import { quoted } from './quoted.ts';

/** Any value a program may have handed over, as messages show it: `3`, `'same'`, `[3, 224, 224]`, `{ stride, bias }`, `a Map`. */
export function described(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'function') return isClass(value) ? 'a class (is a new missing?)' : 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return describedArray(value);
  // The engine's own tag: a class's name may have been shortened.
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (isDetached(value)) return `${article(tag)} whose memory was given away (transferred)`;
  if (tag === 'Promise') return 'a promise (is an await missing?)';
  if (tag !== 'Object') return article(tag);
  const keys = Object.keys(value);
  const more = keys.length > 4 ? ', …' : '';
  return keys.length === 0 ? '{}' : `{ ${keys.slice(0, 4).join(', ')}${more} }`;
}

/** Whether memory, or that of a view, was transferred, to a worker for instance: then it has no bytes any more. */
export function isDetached(value: unknown): boolean {
  const memory: unknown = ArrayBuffer.isView(value) ? value.buffer : value;
  return memory instanceof ArrayBuffer && memory.detached;
}

function article(word: string): string {
  return `${/^[AEIO]/.test(word) ? 'an' : 'a'} ${word}`;
}

function describedArray(values: readonly unknown[]): string {
  const plain = values.every((value) => typeof value !== 'object' && typeof value !== 'function');
  return plain && values.length <= 6
    ? `[${values.map(described).join(', ')}]`
    : `an array of ${values.length}`;
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith('class');
}
