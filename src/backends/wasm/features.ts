/**
 * What this engine's WebAssembly can do, found by validating modules of a few bytes. Each is the smallest that uses the
 * feature: a header, then sections written out by hand as in the binary format of the WebAssembly specification.
 */
const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** Type 0: () → v128; one function of that type. */
const vectorFunction = [...[1, 5, 1, 0x60, 0, 1, 0x7b], ...[3, 2, 1, 0]];

export interface WasmFeatures {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** Threads may share a memory. Browsers allow it to pages that are cross-origin isolated. */
  readonly threads: boolean;
  /** Relaxed multiply–adds are rounded once. */
  readonly fused: boolean;
}

let found: WasmFeatures | undefined;

/** Looked for once in a thread: an engine does not change. */
export function wasmFeatures(): WasmFeatures {
  return (found ??= lookForFeatures());
}

function lookForFeatures(): WasmFeatures {
  const relaxedSimd = accepts([
    ...vectorFunction,
    // Three times (i32.const 0, i8x16.splat), then f32x4.relaxed_madd.
    ...[10, 19, 1, 17, 0],
    ...[0x41, 0, 0xfd, 15],
    ...[0x41, 0, 0xfd, 15],
    ...[0x41, 0, 0xfd, 15],
    ...[0xfd, 0x85, 0x02, 0x0b],
  ]);
  return {
    // i32.const 0, i8x16.splat
    simd: accepts([...vectorFunction, ...[10, 8, 1, 6, 0, 0x41, 0, 0xfd, 15, 0x0b]]),
    relaxedSimd,
    threads: sharesMemory(),
    fused: relaxedSimd && isFused(),
  };
}

/** Engines that validate a shared memory may still refuse to make one, or to let another thread have it. */
function sharesMemory(): boolean {
  // A memory of one page, at most one, shared.
  if (typeof SharedArrayBuffer !== 'function' || !accepts([5, 4, 1, 3, 1, 1])) return false;
  try {
    return (
      new WebAssembly.Memory({ initial: 0, maximum: 0, shared: true }).buffer instanceof SharedArrayBuffer
    );
  } catch {
    return false;
  }
}

/** a·a − (1 + 2⁻¹¹) for a = 1 + 2⁻¹² is 2⁻²⁴, and 0 if a·a is rounded to a float. */
function isFused(): boolean {
  const splat = (...float: number[]): number[] => [0x43, ...float, 0xfd, 0x13];
  const a = splat(0x00, 0x08, 0x80, 0x3f);
  const minusOne = splat(0x00, 0x10, 0x80, 0xbf);
  const module = new WebAssembly.Module(
    Uint8Array.from([
      ...header,
      // Type 0: () → f32; one function of that type, exported as "f".
      ...[1, 5, 1, 0x60, 0, 1, 0x7d],
      ...[3, 2, 1, 0],
      ...[7, 5, 1, 1, 0x66, 0, 0],
      // a, a and −(1 + 2⁻¹¹) in all lanes, f32x4.relaxed_madd, f32x4.extract_lane 0.
      ...[10, 31, 1, 29, 0, ...a, ...a, ...minusOne, 0xfd, 0x85, 0x02, 0xfd, 0x1f, 0, 0x0b],
    ]),
  );
  const { f } = new WebAssembly.Instance(module).exports as { f: () => number };
  return f() !== 0;
}

function accepts(sections: readonly number[]): boolean {
  return WebAssembly.validate(Uint8Array.from([...header, ...sections]));
}
