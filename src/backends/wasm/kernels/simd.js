"use strict";
/**
 * Helpers that every kernel shares. Kernels read their arguments as 32-bit words from shared memory and own no static
 * data and no heap, so that one instance per thread over one memory is safe.
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.madd = madd;
exports.word = word;
exports.address = address;
exports.float = float;
exports.horizontalSum = horizontalSum;
/**
 * a·b + c. One rounding or two: relaxed SIMD leaves it to the machine. The build without relaxed SIMD always rounds twice.
 * A constant of the compiler, so no branch is left in either module.
 */
// @ts-ignore: decorator
function madd(a, b, c) {
    if (ASC_FEATURE_RELAXED_SIMD)
        return f32x4.relaxed_madd(a, b, c);
    return f32x4.add(f32x4.mul(a, b), c);
}
/** Integer argument number `index`. */
// @ts-ignore: decorator
function word(args, index) {
    return load(args + (index << 2));
}
/** Address argument number `index`. */
// @ts-ignore: decorator
function address(args, index) {
    return load(args + (index << 2));
}
/** Float argument number `index`. */
// @ts-ignore: decorator
function float(args, index) {
    return load(args + (index << 2));
}
/** Sum of the four lanes, in a fixed order. */
// @ts-ignore: decorator
function horizontalSum(v) {
    return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3)));
}
