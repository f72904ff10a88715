/** A picture by where it is: uploaded by the page's visitor, or one of some data. */
export type PictureRef =
  { readonly upload: string } | { readonly data: string; readonly split: SplitName; readonly index: number };

export type SplitName = 'train' | 'val' | 'test';
