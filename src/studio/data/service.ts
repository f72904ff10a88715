import type { Call } from '../../base/channel/service.ts';
import type { AugmentationInput } from '../../data/preprocessing.ts';
import type { PictureRef, SplitName } from '../refs.ts';

/** What the room Data asks, and whoever shows pictures. */
export interface DataCalls {
  /** What some data holds, without reading its pictures. */
  describeData: Call<[{ readonly data: string }], DataDescription>;
  /** Names and labels of pictures, a page of them. */
  listPictures: Call<[PicturesQuery], readonly ListedPicture[]>;
  /** A picture as pixels, made smaller if it is larger than `side`. */
  picture: Call<[{ readonly picture: PictureRef; readonly side?: number | undefined }], Pixels>;
  /** A picture as the network gets it in training: augmented `count` times by these settings. */
  augment: Call<[AugmentQuery], readonly Pixels[]>;
  /** Reads all pictures: which are broken, alike, and their mean and deviation. */
  checkData: Call<[{ readonly data: string }], DataCheck, { progress(done: number, total: number): void }>;
  /** Keeps a visitor's picture file and gives what it is called. */
  upload: Call<[{ readonly name: string; readonly bytes: Uint8Array }], string>;
  /** Makes data of uploaded pictures; its id. */
  makeData: Call<[MadeData], string, { progress(done: number, total: number): void }>;
}

export interface DataDescription {
  readonly id: string;
  readonly name: string;
  readonly classes: readonly string[];
  /** Pictures of each class in each split; a split that there is none of is left out. */
  readonly splits: Readonly<Partial<Record<SplitName, readonly number[]>>>;
  /** Whether `val` was held out of the training pictures. */
  readonly valHeldOut: boolean;
  /** What was left out, in a line. */
  readonly leftOut: string | undefined;
  /** What pictures have in place of one class each. */
  readonly task: 'classes' | 'labels' | 'numbers';
}

export interface PicturesQuery {
  readonly data: string;
  readonly split: SplitName;
  /** Only those of this class. */
  readonly label?: number | undefined;
  readonly from: number;
  readonly count: number;
}

export interface ListedPicture {
  readonly index: number;
  readonly label: number;
  /** What a person finds it by: a path, `test_batch.bin#17`. */
  readonly name: string;
}

/** Height × width × channels bytes, rows first, channels interleaved. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

export interface AugmentQuery {
  readonly picture: PictureRef;
  readonly augmentation: AugmentationInput;
  /** Side of the network's input. */
  readonly size: number;
  readonly count: number;
  readonly seed?: number | undefined;
}

export interface DataCheck {
  readonly pictures: number;
  readonly broken: readonly {
    readonly picture: ListedPicture & { readonly split: SplitName };
    readonly reason: string;
  }[];
  /** Groups of pictures that look alike, by a perceptual hash. */
  readonly alike: readonly (readonly (ListedPicture & { readonly split: SplitName })[])[];
  /** Of the training pictures, each channel in [0, 1]. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface MadeData {
  readonly name: string;
  readonly classes: readonly { readonly name: string; readonly uploads: readonly string[] }[];
}
