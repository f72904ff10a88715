import { tooLarge, type Channel, type StudioService } from 'cardinal-nn/studio';

/** Gives a visitor's picture to the engine; what it is called there. Rejects if it is none, or too large: a line that got it would be cut. */
export async function sendPicture(engine: Channel<StudioService>, file: File): Promise<string> {
  const refusal = tooLarge(file.size);
  if (refusal !== undefined) throw new Error(refusal);
  return engine.call('upload', [{ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }]);
}
