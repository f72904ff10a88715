import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

/** A temporary folder that its owner removes. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'cardinal-data-'));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export function writeBytes(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** A picture of one colour with a darker left half, as a sharp pipeline that can be encoded. */
export function drawing(color: readonly [number, number, number], width = 24, height = 16): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const dark = i % width < width / 2 ? 0.5 : 1;
    for (let c = 0; c < 3; c++) data[3 * i + c] = color[c] * dark;
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** `count` PNG pictures for each class below `folder`. */
export async function writeClasses(folder: string, classes: Record<string, number>): Promise<void> {
  for (const [position, [name, count]] of Object.entries(classes).entries()) {
    for (let i = 0; i < count; i++) {
      const picture = await drawing([40 * position + 20, 10 * i, 200 - i])
        .png()
        .toBuffer();
      writeBytes(join(folder, name, `${String(i).padStart(3, '0')}.png`), picture);
    }
  }
}

/** Records of a CIFAR binary file: picture n has red n, green n + 1, blue n + 2 (of a byte) everywhere. */
export function cifarFile(labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((bytes, n) => [
      ...bytes,
      ...Array.from({ length: 3072 }, (_, i) => (n + Math.floor(i / 1024)) % 256),
    ]),
  );
}
