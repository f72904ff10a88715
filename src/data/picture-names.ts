import { isOwnFormat, optionalFormats, pictureExtensions, pictureFormats } from './picture-format.ts';
import type { PicturePlatform } from './picture-platform.ts';

const ownEndings: readonly string[] = pictureFormats
  .filter(({ name }) => isOwnFormat(name))
  .flatMap(({ extensions }) => extensions);

/** Whether a picture needs the platform's decoder, by its name. */
export function needsDecoder(name: string): boolean {
  return !ownEndings.includes(endingOf(name));
}

const always: ReadonlySet<string> = new Set(pictureExtensions);

const optional = new Map(
  optionalFormats.flatMap((format) => format.extensions.map((ending) => [ending as string, format] as const)),
);

/** Endings of pictures that are never read, by why where it is not plain. */
const otherPictures = [
  [
    '.psd .psb .xcf .ai .eps .ico .cur .icns .tga .pcx .xbm .xpm .sgi .exr .hdr .fits .dcm .dds .pfm .wmf .emf .apng .mpo',
    undefined,
  ],
  ['.svg', 'drawings are not rendered'],
  ['.dng .cr2 .cr3 .nef .arw .orf .rw2 .raf .pef .srw .raw', "a camera's raw pictures are not developed"],
] as const;

/** Endings of what is plainly no picture. */
const beside: ReadonlySet<string> = new Set(
  [
    '.txt .md .rst .csv .tsv .json .jsonl .xml .yaml .yml .html .htm .toml .pdf .doc .docx .xls .xlsx',
    '.py .ipynb .js .ts .sh .m .mat .npy .npz .pkl .log .ini .cfg .db .url .aae .xmp .sha256 .md5 .lock',
    '.mp4 .mov .avi .mkv .webm .mp3 .wav',
  ].flatMap((endings) => endings.split(' ')),
);

/** Names of plain files without an ending. */
const plainNames = /^(licen[cs]e|readme|copying|notice|changelog|makefile|authors)$/i;

/** How a file's name ends, from its last dot on, in small letters; empty without one, and for what only begins with a dot. */
export function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot).toLowerCase() : '';
}

/** Whether a file is taken for a picture here: torchvision's `ImageFolder`'s endings, and what else can be read. */
export function isPictureName(name: string, platform: Pick<PicturePlatform, 'canDecode'>): boolean {
  const ending = endingOf(name);
  if (always.has(ending)) return true;
  const format = optional.get(ending);
  return format !== undefined && platform.canDecode(format.name);
}

/** What a file that is not read is, by its name. */
export function leftOutFile(name: string): {
  readonly kind: 'format' | 'other-file';
  readonly ending: string;
  readonly reason: string | undefined;
  readonly harmless: boolean;
} {
  const ending = endingOf(name);
  const format = optional.get(ending);
  if (format !== undefined) {
    const reason = `the decoder here reads no ${format.title}: convert them to JPEG or PNG`;
    return { kind: 'format', ending, reason, harmless: false };
  }
  const other = otherPictures.find(([endings]) => endings.split(' ').includes(ending));
  return {
    kind: other === undefined ? 'other-file' : 'format',
    ending,
    reason: other?.[1],
    harmless: beside.has(ending) || plainNames.test(name),
  };
}
