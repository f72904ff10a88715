/** A file that was dropped, and the folder it lay in, which names its class. */
export interface DroppedFile {
  readonly file: File;
  readonly folder: string | undefined;
}

/** What was found in what was dropped, and what could not be read of it, in lines. */
export interface Dropped {
  readonly files: readonly DroppedFile[];
  readonly failed: readonly string[];
}

/** Files in what was dropped, folders and all within them; hidden ones are left out. Called within the event: later its items are empty. */
export async function filesOf(transfer: DataTransfer): Promise<Dropped> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) {
    return { files: [...transfer.files].map((file) => ({ file, folder: undefined })), failed: [] };
  }
  const found: DroppedFile[] = [];
  const failed: string[] = [];
  for (const entry of entries) await collect(entry, undefined, found, failed);
  return { files: found, failed };
}

/** Files that were chosen; of a folder each knows its path. Hidden ones of a folder are left out. */
export function chosenFiles(files: FileList | null): DroppedFile[] {
  return [...(files ?? [])].flatMap((file) => {
    const path = file.webkitRelativePath.split('/');
    if (path.length > 1 && path.some((part) => part.startsWith('.'))) return [];
    return [{ file, folder: path.at(-2) }];
  });
}

async function collect(
  entry: FileSystemEntry,
  folder: string | undefined,
  found: DroppedFile[],
  failed: string[],
): Promise<void> {
  if (entry.name.startsWith('.')) return;
  try {
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
        for (const each of some) await collect(each, entry.name, found, failed);
      }
    }
  } catch (error) {
    failed.push(`${entry.fullPath}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
