import { createModel } from '../../../src/models/index.ts';
import type { TensorArchive } from '../../../src/weights/archive.ts';
import { bytesSource, type ByteSource } from '../../../src/weights/byte-source.ts';
import { elementBytes } from '../../../src/weights/dtypes.ts';
import { optionsFor } from '../../../src/weights/fit.ts';
import { matchTensors } from '../../../src/weights/match.ts';
import { unwrap } from '../../../src/weights/unwrap.ts';
import type { Probe } from '../target.ts';

const network = createModel('resnext_cifar', { layers: [1], planes: 8, baseWidth: 8 }).stateSpecs();

/**
 * Opens a file of weights, holds it against networks and reads every tensor. Nothing may be read or made that is much larger
 * than the file.
 */
export async function readArchive(
  bytes: Uint8Array,
  probe: Probe,
  open: (source: ByteSource) => Promise<TensorArchive>,
): Promise<void> {
  const source = meter(bytes, probe.file);
  const archive = await open(source).finally(() => {
    if (source.delivered() > 8 * bytes.length + 1024) {
      probe.fault(`opening ${bytes.length} bytes read ${source.delivered()}`);
    }
  });
  try {
    const { tensors } = unwrap(archive);
    matchTensors(tensors, network);
    optionsFor('resnext', tensors);
  } catch (error) {
    probe.refused(error);
  }
  for (const [key, entry] of archive.tensors) {
    const before = source.delivered();
    try {
      const { data, dtype, shape } = await entry.read();
      const size = shape.reduce((product, length) => product * length, elementBytes(dtype));
      if (data.length !== size) probe.fault(`'${key}' has ${data.length} bytes, expected ${size}`);
      if (data.length > Math.max(65_536, 4 * bytes.length)) {
        probe.fault(`'${key}' of ${data.length} bytes from a file of ${bytes.length}`);
      }
    } catch (error) {
      probe.refused(error);
    }
    const read = source.delivered() - before;
    if (read > bytes.length + 64) probe.fault(`'${key}' read ${read} bytes of ${bytes.length}`);
  }
}

/** A source that counts what it hands out. `bytesSource` refuses whatever is not there. */
function meter(bytes: Uint8Array, name: string): ByteSource & { delivered(): number } {
  const whole = bytesSource(bytes, name);
  let delivered = 0;
  return {
    ...whole,
    async read(begin, length) {
      const part = await whole.read(begin, length);
      delivered += part.length;
      return part;
    },
    delivered: () => delivered,
  };
}
