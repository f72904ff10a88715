/** Decodes JPEG in a browser whose own decoder does not give libjpeg's bytes. Loaded only then. */
import decode, { init } from '@jsquash/jpeg/decode.js';

/** Opens the decoder, whose WebAssembly lies at a URL. Throws any error if it cannot be had. */
export async function openJpegDecoder(
  wasm: string,
): Promise<(bytes: Uint8Array<ArrayBuffer>) => Promise<ImageData>> {
  const response = await fetch(wasm);
  if (!response.ok) throw new Error(`${wasm}: ${response.status} ${response.statusText}`);
  await init(await WebAssembly.compile(await response.arrayBuffer()));
  // A buffer of its own is what it takes. Turned by the EXIF block.
  return (bytes) => decode(bytes.slice().buffer, { preserveOrientation: true });
}
