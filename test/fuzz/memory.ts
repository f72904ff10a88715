import { readFileSync, writeFileSync } from 'node:fs';

/** Memory that a process has had at most: `reset` begins anew, `peak` says it in bytes. Linux alone keeps such a mark. */
export function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not on Linux: the mark stays at 0.
  }
}

export function peakMemory(): number {
  return kilobytesOf('VmHWM') * 1024;
}

export function residentMemory(): number {
  return kilobytesOf('VmRSS') * 1024;
}

function kilobytesOf(key: string): number {
  try {
    return Number(
      new RegExp(`^${key}:\\s*(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0,
    );
  } catch {
    return 0;
  }
}

/** Asked for more memory at once than a file may take. */
export class TooMuchMemory extends RangeError {}

let most = Infinity;

/** What a single array may have from now on, in bytes. */
export function limitArrays(bytes: number): void {
  most = bytes;
}

/**
 * Has the constructors of arrays refuse what is beyond the limit. The kernel gives memory when it is written to, so arrays
 * that are made and never filled are seen nowhere else.
 */
export function watchArrays(seen: (fault: TooMuchMemory) => void): void {
  const check = (bytes: number): void => {
    if (!(bytes > most)) return;
    const fault = new TooMuchMemory(`asked for an array of ${bytes} bytes, ${most} are allowed`);
    seen(fault);
    throw fault;
  };
  for (const name of ['ArrayBuffer', 'SharedArrayBuffer'] as const) watch(name, 1, check);
  for (const name of typedArrays) watch(name, globalThis[name].BYTES_PER_ELEMENT, check);
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const make: (...args: [number]) => Buffer = Buffer[name].bind(Buffer);
    Object.assign(Buffer, {
      [name]: (...args: [number]) => {
        check(args[0]);
        return make(...args);
      },
    });
  }
}

const typedArrays = ['Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'Uint8ClampedArray'] as const; // prettier-ignore

function watch(
  name: (typeof typedArrays)[number] | 'ArrayBuffer' | 'SharedArrayBuffer',
  elementBytes: number,
  check: (bytes: number) => void,
): void {
  const original: object = globalThis[name];
  const watched: unknown = new Proxy(original, {
    construct(target, args: readonly unknown[], newTarget): object {
      const [length] = args;
      if (typeof length === 'number') check(length * elementBytes);
      // What `new` gives is an object, whatever was constructed.
      return Reflect.construct(target as typeof ArrayBuffer, args, newTarget) as object;
    },
  });
  Object.defineProperty(globalThis, name, { value: watched, configurable: true, writable: true });
  // Arrays are told apart by their constructors, and made by them when they are sliced.
  Object.defineProperty(globalThis[name].prototype, 'constructor', { value: watched });
}
