import { hasSignature, isLfsPointer, isWebPage, signatures } from '../base/file-signatures.ts';

/**
 * What a file of pictures is, by how its bytes begin. Decoders see only what stands in this table, so that a file cannot
 * choose its decoder by its name: a drawing in SVG, say, is a program for a renderer, and never a photo.
 */
export interface PictureFormat {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Endings of file names, lower case, that are taken for pictures of this format. */
  readonly extensions: readonly string[];
  /** Whether a file that begins so is of this format. */
  readonly begins: (head: Uint8Array) => boolean;
}

/** A row for each format that is read. A new one needs a decoder too: in `formats/`, or each platform's. */
export const pictureFormats = [
  {
    name: 'jpeg',
    title: 'JPEG',
    extensions: ['.jpg', '.jpeg', '.jpe', '.jfif'],
    begins: (head) => hasSignature(head, signatures.jpeg),
  },
  {
    name: 'png',
    title: 'PNG',
    extensions: ['.png'],
    begins: (head) => hasSignature(head, signatures.png),
  },
  {
    name: 'webp',
    title: 'WebP',
    extensions: ['.webp'],
    begins: (head) => hasSignature(head, ['RIFF']) && hasSignature(head, ['WEBP'], 8),
  },
  {
    name: 'gif',
    title: 'GIF',
    extensions: ['.gif'],
    begins: (head) => hasSignature(head, ['GIF87a']) || hasSignature(head, ['GIF89a']),
  },
  {
    name: 'avif',
    title: 'AVIF',
    extensions: ['.avif'],
    begins: (head) => brands(head).some((brand) => brand === 'avif' || brand === 'avis'),
  },
  {
    name: 'tiff',
    title: 'TIFF',
    extensions: ['.tif', '.tiff'],
    begins: (head) =>
      [42, 43].some(
        (version) => hasSignature(head, ['II', version, 0]) || hasSignature(head, ['MM', 0, version]),
      ),
  },
  {
    name: 'bmp',
    title: 'BMP',
    extensions: ['.bmp', '.dib'],
    begins: (head) =>
      hasSignature(head, ['BM']) && dibHeaders.includes(head[14]) && hasSignature(head, [0, 0, 0], 15),
  },
  {
    name: 'ppm',
    title: 'PPM',
    extensions: ['.ppm', '.pgm', '.pbm', '.pnm'],
    begins: (head) => /^P[1-6][ \t\r\n\v\f#]/.test(text(head.subarray(0, 3))),
  },
] as const satisfies readonly PictureFormat[];

export type PictureFormatName = (typeof pictureFormats)[number]['name'];

/** `JPEG, PNG, … or PPM`, for messages and help. */
export const pictureFormatTitles = listed(pictureFormats.map(({ title }) => title));

/** File name endings that are taken for pictures; what else lies in a folder is left out. */
export const pictureExtensions: readonly string[] = pictureFormats.flatMap(({ extensions }) => extensions);

/** Formats that some decoders read and others do not: whoever has one must ask it. */
export const optionalFormats = [
  {
    name: 'heic',
    title: 'HEIC',
    extensions: ['.heic', '.heif', '.hif'],
    begins: (head) => brands(head).some((brand) => /^(hei|hev|mif1|msf1)/.test(brand)),
  },
  {
    name: 'jp2',
    title: 'JPEG 2000',
    extensions: ['.jp2', '.j2k', '.j2c', '.jpc', '.jpf', '.jpx'],
    begins: (head) =>
      hasSignature(head, ['jP  ', 13, 10, 0x87, 10], 4) || hasSignature(head, [0xff, 0x4f, 0xff, 0x51]),
  },
  {
    name: 'jxl',
    title: 'JPEG XL',
    extensions: ['.jxl'],
    begins: (head) => hasSignature(head, ['JXL '], 4) || hasSignature(head, [0xff, 0x0a]),
  },
] as const satisfies readonly PictureFormat[];

export type OptionalFormatName = (typeof optionalFormats)[number]['name'];

/** Formats that are decoded here (`formats/`): all others need the platform's decoder. */
export type OwnFormat = 'bmp' | 'ppm';
export type NativeFormat = Exclude<PictureFormatName, OwnFormat> | OptionalFormatName;

export function isOwnFormat(name: PictureFormatName | OptionalFormatName): name is OwnFormat {
  return name === 'bmp' || name === 'ppm';
}

/** Bytes of a file that are enough to recognise its format. */
export const formatHeadBytes = 4096;

/** The format of a file, or undefined if it is none of those that are read. */
export function pictureFormatOf(bytes: Uint8Array): PictureFormatName | undefined {
  const head = bytes.subarray(0, formatHeadBytes);
  return pictureFormats.find(({ begins }) => begins(head))?.name;
}

/** What people take for pictures, or get in place of one, and is not read: for messages alone. */
const others: readonly Pick<PictureFormat, 'title' | 'begins'>[] = [
  ...optionalFormats.map(({ title, begins }) => ({ title: `a ${title}`, begins })),
  { title: 'a Photoshop file', begins: (head) => hasSignature(head, ['8BPS']) },
  { title: 'a PDF', begins: (head) => hasSignature(head, signatures.pdf) },
  { title: 'compressed by gzip', begins: (head) => hasSignature(head, signatures.gzip) },
  { title: 'a ZIP archive', begins: (head) => hasSignature(head, ['PK', 3, 4]) },
  {
    title: 'a pointer of Git LFS (git lfs pull fetches the picture)',
    begins: (head) => isLfsPointer(text(head)),
  },
  { title: 'an HTML page', begins: (head) => isWebPage(text(head)) },
  { title: 'an SVG drawing', begins: (head) => /^(\xef\xbb\xbf)?\s*<[^]*svg\b/i.test(text(head)) },
];

/** The optional format of a file, if it is of one. */
export function optionalFormatOf(bytes: Uint8Array): OptionalFormatName | undefined {
  const head = bytes.subarray(0, formatHeadBytes);
  return optionalFormats.find(({ begins }) => begins(head))?.name;
}

/** What a file is that `pictureFormatOf` does not know, as the end of a sentence; undefined if nobody knows. */
export function otherFormatOf(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, formatHeadBytes);
  return others.find(({ begins }) => begins(head))?.title;
}

/** Bytes of the header that follows a BMP file's own: OS/2's, Windows' of all versions. */
const dibHeaders: readonly number[] = [12, 40, 52, 56, 64, 108, 124];

/** The major and the compatible brands of an ISO base media file: `avif`, `mif1`, … */
function brands(head: Uint8Array): string[] {
  if (!hasSignature(head, ['ftyp'], 4)) return [];
  // Of a box that says it is longer than that, decoders do not believe that it is one.
  const size = new DataView(head.buffer, head.byteOffset).getUint32(0);
  if (size > 2048 || size % 4 !== 0) return [];
  const end = Math.min(head.length, size);
  const found: string[] = [];
  // The major brand's version stands between it and the compatible ones.
  for (let at = 8; at + 4 <= end; at += at === 8 ? 8 : 4) found.push(text(head.subarray(at, at + 4)));
  return found;
}

/** Bytes as letters, one each. */
function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.slice(-1).join()}`;
}
