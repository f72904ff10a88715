import { activation } from './activation.ts';
import { extendArgs, f32, flag, int, kernelArgs, list, optionalPointer, pointer } from './definition.ts';

/* See `kernels/broadcast.ts`. */

const binary = {
  a: pointer('a'),
  b: pointer('b'),
  y: pointer('y'),
  rows: int('rows of y'),
  rowsPerChunk: int('rows a chunk'),
  width: int('size of a row', 'floats'),
  perPiece: int('how many of a row a chunk does', 'floats'),
  pieces: int('chunks side by side'),
  aSpread: flag('one float of a stands for a whole row'),
  bSpread: flag('one float of b stands for a whole row'),
};

/** The axes over rows, outermost first. */
const axes = {
  axes: int('axes over rows'),
  steps: list('of each axis over rows: its size, and from one to the next in a and in b, in floats'),
};

export const div = kernelArgs('div', { ...binary, ...axes });
export const sub = kernelArgs('sub', { ...binary, ...axes });
export const addBroadcast = kernelArgs('add_broadcast', { ...binary, ...axes });
export const expand = kernelArgs('expand', { ...binary, factor: f32('what a is multiplied by'), ...axes });
export const addScalar = kernelArgs('add_scalar', { ...binary, factor: f32('what is added to a'), ...axes });

export const mul = kernelArgs('mul', {
  ...binary,
  residual: optionalPointer('what is added to the product, laid out as y'),
  activation: activation(),
  ...axes,
});

/** A sum over the middle of [group][row][float]; see `kernels/reduce-tiles.ts`. */
export const sumTiles = kernelArgs('sum_tiles', {
  x: pointer('[group][row][float]'),
  partials: pointer('[group][tile][float]'),
  groups: int('groups'),
  groupsPerChunk: int('groups a chunk'),
  rows: int('rows of a group'),
  rowsPerTile: int('rows a tile'),
  tiles: int('tiles of a group'),
  width: int('size of a row', 'floats'),
  perPiece: int('how many of a row a chunk does', 'floats'),
  pieces: int('chunks side by side'),
});

export const combineTiles = kernelArgs('combine_tiles', {
  partials: pointer('[group][tile][float]'),
  sums: pointer('[group][float]'),
  count: int('floats of the sums'),
  perChunk: int('how many a chunk does', 'floats'),
  tiles: int('tiles of a group'),
  width: int('size of a row', 'floats'),
  factor: f32('what the sums are multiplied by'),
});

export const mulBackward = extendArgs(sumTiles, 'mul_backward', {
  dy: pointer('dy'),
  b: pointer('b'),
  y: optionalPointer('y'),
  da: pointer('da'),
  dz: optionalPointer('dz'),
  activation: activation(),
  axes: int('axes over groups'),
  steps: list('of each axis over groups: its size, and from one to the next in b, in floats'),
});
