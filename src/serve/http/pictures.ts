import type { Multipart, MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';

import { messageOf } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import {
  optionalFormatOf,
  otherFormatOf,
  pictureFormatOf,
  pictureFormatTitles,
} from '../../data/picture-format.ts';
import { ServeError } from '../errors.ts';
import type { ServeLimits } from '../limits.ts';
import { tooLarge } from '../safety/bounds.ts';
import type { Call } from '../safety/calls.ts';

export const expectedBody =
  'expected pictures as multipart/form-data in the field image, or the bytes of one as the body with its content-type, image/jpeg say';

/**
 * The pictures of a request, at least one: those of a form's field `image`, or the body. Throws a `ServeError` if there is none, or
 * more than may be.
 */
export async function picturesOf(
  request: FastifyRequest,
  call: Call,
  limits: ServeLimits,
): Promise<readonly Uint8Array[]> {
  if (!request.isMultipart()) return [theBody(request, call)];
  const pictures = await call.during(() => formPictures(request, call, limits));
  if (pictures.length === 0) throw new ServeError(400, 'no_picture', `got an empty form: ${expectedBody}`);
  return pictures;
}

/** As `picturesOf` where only one makes sense. */
export async function pictureOf(
  request: FastifyRequest,
  call: Call,
  limits: ServeLimits,
): Promise<Uint8Array> {
  const [picture] = await picturesOf(request, call, { ...limits, pictures: 1 });
  return picture;
}

/**
 * Throws a `ServeError` 415 unless the bytes begin as a picture's do, whatever their sender calls them: what is not one takes no
 * decoder's time.
 */
export function requireFormat(bytes: Uint8Array): void {
  if ((pictureFormatOf(bytes) ?? optionalFormatOf(bytes)) !== undefined) return;
  const other = bytes.length === 0 ? 'empty' : otherFormatOf(bytes);
  throw new ServeError(
    415,
    'unsupported_format',
    `expected a picture, ${pictureFormatTitles}; this is ${other ?? 'of no format that is known'}`,
  );
}

function theBody({ body }: FastifyRequest, call: Call): Uint8Array {
  if (!(body instanceof Uint8Array) || body.length === 0) {
    throw new ServeError(400, 'no_picture', `got no body: ${expectedBody}`);
  }
  // Its sender need not have said how long it would be.
  call.place?.hold(body.length);
  return body;
}

async function formPictures(
  request: FastifyRequest,
  { place, signal }: Call,
  { bodyBytes, pictures: most }: ServeLimits,
): Promise<Uint8Array[]> {
  const pictures: Uint8Array[] = [];
  let bytes = 0;
  try {
    // Node does not tell a request that its connection is over once it is answered.
    const limits = { files: most, fileSize: bodyBytes };
    for await (const part of untilAborted(request.parts({ limits }), signal)) {
      requireImage(part);
      if (pictures.length > 0) place?.add(1);
      const picture = await read(part, { left: bodyBytes - bytes, most: bodyBytes, signal });
      bytes += picture.length;
      pictures.push(picture);
    }
  } catch (error) {
    // The rest of the form is thrown away as it comes: its sender gets the answer on the same connection.
    request.raw.unpipe();
    request.raw.resume();
    throw isRefusal(error) ? error : badForm(`cannot read the form, ${messageOf(error)}`);
  }
  place?.hold(bytes);
  return pictures;
}

function requireImage(part: Multipart): asserts part is MultipartFile {
  const { fieldname, type } = part;
  if (fieldname === 'image' && type === 'file') return;
  const got =
    fieldname === 'image'
      ? 'text in the field image (curl takes a file with an @: -F image=@cat.jpg)'
      : `a field ${quoted(fieldname)} (settings stand in the query)`;
  throw badForm(`got ${got}`);
}

function badForm(fault: string): ServeError {
  return new ServeError(400, 'bad_form', `${fault}: ${expectedBody}`);
}

/** Ours, or the form reader's of a limit; all others that it throws say that the form is damaged. */
function isRefusal(error: unknown): boolean {
  return error instanceof ServeError || (error instanceof Error && 'statusCode' in error);
}

async function read(
  { file }: MultipartFile,
  { left, most, signal }: { readonly left: number; readonly most: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of untilAborted(file as AsyncIterable<Uint8Array>, signal)) {
    size += chunk.length;
    if (size > left) throw tooLarge(most);
    chunks.push(chunk);
  }
  if (file.truncated) throw tooLarge(most);
  return Buffer.concat(chunks, size);
}
