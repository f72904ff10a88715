import { extname } from 'node:path';

import sharp from 'sharp';

/** Whether the decoder of this machine reads a format that its usual build lacks. */
const decodes = {
  heic: sharp.format.heif.input.fileSuffix?.includes('.heic') ?? false,
  jp2: sharp.format.jp2.input.buffer,
  jxl: sharp.format.jxl.input.buffer,
};

const jpeg2000 = ['.jp2', '.j2k', '.j2c', '.jpc', '.jpf', '.jpx'];
const heic = ['.heic', '.heif', '.hif'];

/** File name endings that are taken for pictures: torchvision's `ImageFolder`'s, and what else can be read. */
export const pictureExtensions: readonly string[] = [
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.avif', '.tif', '.tiff'],
  ...['.bmp', '.dib', '.ppm', '.pgm', '.pbm', '.pnm'],
  ...(decodes.jp2 ? jpeg2000 : []),
  ...(decodes.heic ? heic : []),
  ...(decodes.jxl ? ['.jxl'] : []),
];

/** The same for people. */
export const pictureFormats = 'JPEG, PNG, TIFF, BMP, PPM, WebP, GIF or AVIF';

const lacking = (name: string): string => `the decoder here lacks ${name}: convert them to JPEG or PNG`;

/** Endings of pictures that are not read, and why where it is not plain. */
const otherPictures = new Map<string, string | undefined>([
  ...jpeg2000.map((ending) => [ending, lacking('JPEG 2000')] as const),
  ...heic.map((ending) => [ending, lacking('HEVC')] as const),
  ['.jxl', lacking('JPEG XL')],
  ['.svg', 'drawings are not rendered'],
  ...['.psd', '.psb', '.xcf', '.ai', '.eps', '.ico', '.cur', '.icns', '.tga', '.pcx', '.xbm', '.xpm', '.sgi'].map(
    (ending) => [ending, undefined] as const,
  ),
  ...['.exr', '.hdr', '.fits', '.dcm', '.dds', '.pfm', '.wmf', '.emf', '.apng', '.mpo'].map(
    (ending) => [ending, undefined] as const,
  ),
  ...['.dng', '.cr2', '.cr3', '.nef', '.arw', '.orf', '.rw2', '.raf', '.pef', '.srw', '.raw'].map(
    (ending) => [ending, "a camera's raw pictures are not developed"] as const,
  ),
]);

/** Endings of what is plainly no picture. */
const beside: readonly string[] = [
  ...['.txt', '.md', '.rst', '.csv', '.tsv', '.json', '.jsonl', '.xml', '.yaml', '.yml', '.html', '.htm', '.toml'],
  ...['.py', '.ipynb', '.js', '.ts', '.sh', '.m', '.mat', '.npy', '.npz', '.pkl', '.log', '.ini', '.db', '.url'],
  ...['.pdf', '.doc', '.docx', '.xls', '.xlsx', '.aae', '.xmp', '.cfg', '.sha256', '.md5', '.lock'],
  ...['.mp4', '.mov', '.avi', '.mkv', '.webm', '.mp3', '.wav'],
];

/** Names of plain files without an ending. */
const plainNames = /^(licen[cs]e|readme|copying|notice|changelog|makefile|authors)$/i;

/** How a file's name ends, in small letters. */
export function endingOf(name: string): string {
  return extname(name).toLowerCase();
}

export function isPictureName(name: string): boolean {
  return pictureExtensions.includes(endingOf(name));
}

/** What a file that is not read is, by its name. */
export function leftOutFile(name: string): {
  readonly kind: 'format' | 'other-file';
  readonly ending: string;
  readonly reason: string | undefined;
  readonly harmless: boolean;
} {
  const ending = endingOf(name);
  return {
    kind: otherPictures.has(ending) ? 'format' : 'other-file',
    ending,
    reason: otherPictures.get(ending),
    harmless: beside.includes(ending) || plainNames.test(name),
  };
}
