import { extname } from 'node:path';

import { optionalFormats, pictureExtensions, type OptionalFormatName } from '../../data/picture-format.ts';
import { findSharp } from '../sharp.ts';

const format = findSharp()?.format;

/** Whether the decoder of this machine reads a format that its usual build lacks. */
export const able: Readonly<Record<OptionalFormatName, boolean>> = {
  // What reads AVIF says that it reads buffers, too: only its endings tell.
  heic: format?.heif.input.fileSuffix?.includes('.heic') ?? false,
  jp2: format?.jp2.input.buffer ?? false,
  jxl: format?.jxl.input.buffer ?? false,
};

/** File name endings that are taken for pictures here: torchvision's `ImageFolder`'s, and what else can be read. */
const readable: ReadonlySet<string> = new Set([
  ...pictureExtensions,
  ...optionalFormats.filter(({ name }) => able[name]).flatMap(({ extensions }) => extensions),
]);

/** Endings of pictures that are not read, and why where it is not plain. */
const otherPictures = new Map<string, string | undefined>([
  ...optionalFormats
    .filter(({ name }) => !able[name])
    .flatMap(({ extensions, title }) =>
      extensions.map(
        (ending) => [ending, `the decoder here reads no ${title}: convert them to JPEG or PNG`] as const,
      ),
    ),
  ['.svg', 'drawings are not rendered'],
  ...[
    '.psd',
    '.psb',
    '.xcf',
    '.ai',
    '.eps',
    '.ico',
    '.cur',
    '.icns',
    '.tga',
    '.pcx',
    '.xbm',
    '.xpm',
    '.sgi',
  ].map((ending) => [ending, undefined] as const),
  ...['.exr', '.hdr', '.fits', '.dcm', '.dds', '.pfm', '.wmf', '.emf', '.apng', '.mpo'].map(
    (ending) => [ending, undefined] as const,
  ),
  ...['.dng', '.cr2', '.cr3', '.nef', '.arw', '.orf', '.rw2', '.raf', '.pef', '.srw', '.raw'].map(
    (ending) => [ending, "a camera's raw pictures are not developed"] as const,
  ),
]);

/** Endings of what is plainly no picture. */
const beside: readonly string[] = [
  ...[
    '.txt',
    '.md',
    '.rst',
    '.csv',
    '.tsv',
    '.json',
    '.jsonl',
    '.xml',
    '.yaml',
    '.yml',
    '.html',
    '.htm',
    '.toml',
  ],
  ...[
    '.py',
    '.ipynb',
    '.js',
    '.ts',
    '.sh',
    '.m',
    '.mat',
    '.npy',
    '.npz',
    '.pkl',
    '.log',
    '.ini',
    '.db',
    '.url',
  ],
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
  return readable.has(endingOf(name));
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
