/** A file of the private file system by its path, `opfs:runs/pets/config.json`; undefined if there is none. */
export async function bytesAt(path: string): Promise<File | undefined> {
  const parts = path.replace(/^opfs:\/*/, '').split('/');
  const name = parts.pop();
  if (name === undefined) return undefined;
  try {
    let folder = await navigator.storage.getDirectory();
    for (const part of parts) folder = await folder.getDirectoryHandle(part);
    return await (await folder.getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

export async function textAt(path: string): Promise<string | undefined> {
  return (await bytesAt(path))?.text();
}
