/** What is asked of a `Blob`: the types of all platforms have it. */
export interface BlobLike {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What is asked of a handle of the web's File System API. */
export interface FileHandleLike {
  readonly kind: string;
  readonly name: string;
  getFile(): Promise<BlobLike>;
}

/** What holds the bytes of a file that has no path: a `Blob`, a `File`, a handle. All can be sent to a worker, and take no memory. */
export type FileContent = BlobLike | FileHandleLike;

/** The file itself. Throws any error if it is gone. */
export async function blobOf(content: FileContent): Promise<BlobLike> {
  return 'getFile' in content ? content.getFile() : content;
}
