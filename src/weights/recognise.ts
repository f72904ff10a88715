import {
  hasSignature,
  isLfsPointer,
  isWebPage,
  signatures,
  type Signature,
} from '../base/file-signatures.ts';
import { shortened } from '../base/quoted.ts';

/**
 * What a file is that was taken for weights and is something else, and what to do: the rest of a line that begins with the
 * file's name. Recognised by its first bytes, some hundred of them; undefined if they are of no known kind.
 */
export function recognise(prefix: Uint8Array): string | undefined {
  for (const [begin, what] of recognised) if (hasSignature(prefix, begin)) return what;
  if (isOnnx(prefix)) return `is a network of ONNX's, ${elsewhere}`;
  if (hasSignature(prefix, ['TFL3'], 4)) return `is a network of TensorFlow Lite's, ${elsewhere}`;
  if (prefix[0] === 0x80 && prefix[1] >= 2 && prefix[1] <= 5) return pickleOf(prefix);
  return textOf(
    new TextDecoder('utf-8')
      .decode(prefix)
      .replace(/^\ufeff/, '')
      .trimStart(),
  );
}

/** What to do about files of other programs. */
const elsewhere =
  'which is not read: load it where it comes from and save its weights as safetensors, or its state_dict() with torch.save';

const again = 'download it anew';

/** First bytes, and what they mean. */
const recognised: readonly (readonly [begin: Signature, what: string])[] = [
  [signatures.gzip, 'is compressed with gzip: unpack it first (gunzip, or tar -xzf)'],
  [[0xfd, '7zXZ', 0], 'is compressed with xz: unpack it first (unxz, or tar -xJf)'],
  [['7z', 0xbc, 0xaf, 0x27, 0x1c], 'is a 7z archive: unpack it first'],
  [['BZh'], 'is compressed with bzip2: unpack it first (bunzip2, or tar -xjf)'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is compressed with zstd: unpack it first (unzstd)'],
  [['Rar!', 0x1a, 7], 'is a RAR archive: unpack it first'],
  [[0x89, 'HDF\r\n', 0x1a, '\n'], `is an HDF5 file, as Keras writes (.h5), ${elsewhere}`],
  [[0x93, 'NUMPY'], `is an array of numpy's (.npy), ${elsewhere}`],
  [['GGUF'], `is a GGUF file of llama.cpp's, ${elsewhere}`],
  // A protocol buffer whose first field is a version 1, and whose second is a graph.
  [[8, 1, 0x12], `is a SavedModel of TensorFlow's, ${elsewhere}`],
  [signatures.jpeg, 'is a JPEG picture: expected a file of weights here'],
  [signatures.png, 'is a PNG picture: expected a file of weights here'],
  [signatures.gif, 'is a GIF picture: expected a file of weights here'],
  [signatures.pdf, 'is a PDF document: expected a file of weights here'],
];

/** A model of ONNX's begins with the version of its format, a number, and who wrote it, a text. */
function isOnnx(prefix: Uint8Array): boolean {
  const [version, mark, length] = [prefix[1], prefix[2], prefix[3]];
  if (prefix[0] !== 0x08 || version < 3 || version > 20 || mark !== 0x12 || length > prefix.length)
    return false;
  return prefix.subarray(4, 4 + length).every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** A pickle that is not `torch.save`'s, which begins with a number. */
function pickleOf(prefix: Uint8Array): string {
  const text = new TextDecoder('latin1').decode(prefix);
  const library = ['sklearn', 'joblib', 'xgboost', 'lightgbm', 'paddle', 'numpy'].find((name) =>
    text.includes(name),
  );
  return `is a pickle of Python's${library === undefined ? '' : ` (${library})`} and not torch.save's, ${elsewhere}`;
}

function textOf(text: string): string | undefined {
  if (isLfsPointer(text)) {
    const size = /^size (\d+)/m.exec(text)?.[1];
    const stands = size === undefined ? '' : ` of ${size} bytes`;
    return `is a Git LFS pointer, which stands for a file${stands}: run git lfs pull in its repository, or ${again}`;
  }
  if (isWebPage(text)) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1].trim();
    return `is a page of the web${saying(title)}, as a download gives that failed or needs a login: ${again}`;
  }
  if (text.startsWith('<?xml') || text.startsWith('<Error>')) {
    const code = /<(?:Code|Message)>([^<]*)/.exec(text)?.[1];
    return `is an XML document${saying(code)}, as servers answer that refuse a download: ${again}`;
  }
  if (/^[{[]\s*["\]}[{]/.test(text)) return jsonOf(text);
  return undefined;
}

function jsonOf(text: string): string {
  if (text.includes('"weight_map"') || /"metadata"\s*:\s*\{\s*"total_size"/.test(text)) {
    return 'is the index of weights in several files, not the weights: give one file that has them all';
  }
  const error = /"(?:error|message|detail)"\s*:\s*"([^"]*)/.exec(text)?.[1];
  return error === undefined
    ? 'is JSON text and holds no weights: expected a safetensors or PyTorch file'
    : `is JSON text${saying(error)}, as servers answer that refuse a download: ${again}`;
}

function saying(text: string | undefined): string {
  return text === undefined || text === '' ? '' : ` ('${shortened(text, 80)}')`;
}
