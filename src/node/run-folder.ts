import * as portable from '../run/folder/run-folder.ts';
import { nodeFolders } from './folder-platform.ts';

/** A run folder on the disk. What it holds, and who has it: see `src/run/folder/run-folder.ts`. */
export class RunFolder extends portable.RunFolder {
  /**
   * Makes a folder for a new run and locks it. An empty folder is taken over, and so is one of a run that was ended
   * before its first checkpoint: it begins anew, which is reported to `onNotice`. Throws a `CardinalError` if there
   * is a run in it, if another process has it, or if it cannot be made.
   */
  static override create(path: string, options: portable.OpenRunOptions = {}): Promise<RunFolder> {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- made by `new this`, so it is one
    return super.create(path, options, nodeFolders);
  }

  /**
   * Locks the folder of an earlier run to continue it. Throws a `CardinalError` if there is none, an `InUseError` if another
   * process has it.
   */
  static override open(path: string, options: portable.OpenRunOptions = {}): Promise<RunFolder> {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- likewise
    return super.open(path, options, nodeFolders);
  }

  /** `<root>/<name>`, or with −2, −3, … behind it: the first that does not exist. */
  static override freshPath(root: string, name: string): Promise<string> {
    return super.freshPath(root, name, nodeFolders);
  }
}
