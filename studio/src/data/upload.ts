import { whenReady } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import type { DroppedFile } from './dropped.ts';
import { changeClass, classNamed, freeName, refused, uploading } from './state.ts';

/** Refusals that are told one by one; more are counted. */
const mostTold = 50;

/** Gives files to the engine, each to the class of its folder, or to `key` if it has none. What is no picture is told and left out. */
export async function uploadAll(files: readonly DroppedFile[], key?: number): Promise<void> {
  uploading.value = { ...uploading.value, of: uploading.value.of + files.length };
  let own = key;
  for (const { file, folder } of files) {
    try {
      const engine = await whenReady();
      const bytes = new Uint8Array(await file.arrayBuffer());
      const upload = await engine.call('upload', [{ name: file.name, bytes }]);
      const to = own !== undefined && folder === undefined ? own : classNamed(folder ?? freeName());
      if (folder === undefined) own = to;
      changeClass(to, (each) => ({ ...each, pictures: [...each.pictures, { upload, name: file.name }] }));
    } catch (error) {
      const told = refused.value;
      if (told.length < mostTold) refused.value = [...told, `${file.name}: ${messageOf(error)}`];
      else if (told.length === mostTold) refused.value = [...told, 'More files were left out.'];
    }
    const { done, of } = uploading.value;
    uploading.value = done + 1 === of ? { done: 0, of: 0 } : { done: done + 1, of };
  }
}
