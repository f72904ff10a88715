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
  /** Shared memory and atomics. */
  readonly threads: boolean;
}

export function wasmFeatures(): WasmFeatures {
  return {
    // i32.const 0, i8x16.splat
    simd: accepts([...vectorFunction, ...[10, 8, 1, 6, 0, 0x41, 0, 0xfd, 15, 0x0b]]),
    // Three times (i32.const 0, i8x16.splat), then f32x4.relaxed_madd.
    relaxedSimd: accepts([
      ...vectorFunction,
      ...[10, 19, 1, 17, 0],
      ...[0x41, 0, 0xfd, 15],
      ...[0x41, 0, 0xfd, 15],
      ...[0x41, 0, 0xfd, 15],
      ...[0xfd, 0x85, 0x02, 0x0b],
    ]),
    // A memory of one page, at most one, shared.
    threads: accepts([5, 4, 1, 3, 1, 1]),
  };
}

function accepts(sections: readonly number[]): boolean {
  return WebAssembly.validate(Uint8Array.from([...header, ...sections]));
}
