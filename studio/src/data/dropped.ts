/** A file that was dropped, and the folder it lay in, which names its class. */
export interface DroppedFile {
  readonly file: File;
  readonly folder: string | undefined;
}

/** Files in what was dropped, folders and all within them. Read before the event ends: later its items are empty. */
export async function filesOf(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, folder: undefined }));
  const found: DroppedFile[] = [];
  for (const entry of entries) await collect(entry, undefined, found);
  return found;
}

/** Files that were chosen; of a folder each knows its path. */
export function chosenFiles(files: FileList | null): DroppedFile[] {
  return [...(files ?? [])].map((file) => ({
    file,
    folder: file.webkitRelativePath.split('/').at(-2),
  }));
}

async function collect(
  entry: FileSystemEntry,
  folder: string | undefined,
  found: DroppedFile[],
): Promise<void> {
  if (entry.name.startsWith('.')) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => {
      entry.file(resolve, reject);
    });
    found.push({ file, folder });
  } else if (isFolder(entry)) {
    const reader = entry.createReader();
    for (;;) {
      // It gives a hundred at a time.
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
        reader.readEntries(resolve, reject);
      });
      if (some.length === 0) return;
      for (const each of some) await collect(each, entry.name, found);
    }
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
