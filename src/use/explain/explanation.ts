import type { Region } from '../../data/transforms/region.ts';
import type { PathContributions } from '../../session/paths/contributions.ts';
import type { Classification } from '../classify-each.ts';

/** Where in a picture a network sees a class: its `label`, the name of its `class` and its `probability`, as `classify` gives them. */
export interface ClassMap extends Classification {
  /** `height` × `width` numbers from 0 to 1, rows first: how much each pixel of the network's input speaks for the class. */
  readonly map: Float32Array;
  /** Of the map, in pixels of the network's input. */
  readonly width: number;
  readonly height: number;
  /**
   * The part of the picture that the map lies on, which is what the network saw, in the picture's pixels: not whole ones, and reaching
   * beyond the picture where that was padded.
   */
  readonly region: Region;
}

/** A map with its picture. */
export interface Explanation extends ClassMap {
  /**
   * The whole picture, upright and in grey, with the map over it in colours, as a PNG: the brighter a place, the more it speaks for the
   * class. What the network did not see, because its input is cut out of the middle, is dark.
   */
  overlay(options?: OverlayOptions): Promise<Uint8Array>;
}

/** What a class loses while a grey square covers a part of the picture. Its `map` is from what falls, the largest fall 1. */
export interface Occlusion extends Explanation {
  /**
   * `rows` × `columns` numbers, rows first: by how much the class's probability, or its logit, falls with the square at that place; below 0
   * where it rises.
   */
  readonly drops: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Side of the square, and how far apart its places are, in pixels of the network's input. The last ones touch the edge. */
  readonly size: number;
  readonly stride: number;
}

/** What each path of a network's blocks contributes to a class that is seen in a picture. */
export interface PicturePaths extends Classification, PathContributions {}

/** How an overlay is drawn. */
export interface OverlayOptions {
  /** Pixels of the longer side, at most 1024. Default: the picture's, but at least 256. */
  readonly size?: number | undefined;
}
