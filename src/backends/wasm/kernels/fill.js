"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.fill = fill;
const simd_1 = require("./simd");
/** Fills `count` floats at `out` with `value`; a chunk is `perChunk` of them. Arguments: out, count, perChunk, value. */
function fill(args, chunk) {
    const out = (0, simd_1.address)(args, 0);
    const count = (0, simd_1.word)(args, 1);
    const perChunk = (0, simd_1.word)(args, 2);
    const value = (0, simd_1.float)(args, 3);
    const begin = chunk * perChunk;
    const end = min(begin + perChunk, count);
    let i = begin;
    const wide = f32x4.splat(value);
    for (; i + 4 <= end; i += 4)
        v128.store(out + (i << 2), wide);
    for (; i < end; i++)
        store(out + (i << 2), value);
}
