import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { firstState } from "../stored-outbox.js";
import { Contents } from "./contents.js";
import { damaged } from "./failures.js";
import { type FileName, fileNameOf } from "./file-name.js";
import { head, readFrames } from "./frames.js";
import { syncFolder } from "./sync-folder.js";

/** For the user alone: it holds what the application's users have said. */
const mode = 0o600;

export interface Written {
  readonly handle: FileHandle;
  readonly size: number;
}

export interface Opened extends Written {
  readonly folder: string;
  readonly name: FileName;
  readonly contents: Contents;
}

export function pathOf(folder: string, name: FileName): string {
  return join(folder, fileNameOf(name));
}

/** A new file with all of an outbox, on the disk. */
export async function writeNew(path: string, contents: Contents): Promise<Written> {
  const handle = await open(path, "wx+", mode);
  try {
    const bytes = Buffer.concat([head(), contents.frame()]);
    await writeAll(handle, bytes, 0);
    await handle.sync();
    await syncFolder(dirname(path));
    return { handle, size: bytes.length };
  } catch (error) {
    await handle.close();
    await rm(path, { force: true }).catch(told);
    throw error;
  }
}

/**
 * Reads a file, and cuts off what was being written when its process ended.
 *
 * @param known where it was found, which errors name.
 */
export async function readWhole(folder: string, name: FileName, known: string): Promise<Opened | undefined> {
  const path = pathOf(folder, name);
  const handle = await open(path, "r+");
  try {
    const bytes = await handle.readFile();
    const { values, end } = readFrames(known, bytes);
    if (values.length === 0) {
      if (bytes.length > blankOf(name.producer).length)
        throw damaged(known, "is damaged from its beginning on");
      await handle.close();
      await rm(path, { force: true });
      return undefined;
    }
    const contents = contentsOf(known, values);
    if (contents.producer !== name.producer) {
      throw damaged(known, `holds the outbox "${contents.producer}", of which it is a copy`);
    }
    if (end < bytes.length) {
      await handle.truncate(end);
      await handle.sync();
    }
    return { folder, name, contents, handle, size: end };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Removes a file that is not to be. */
export async function discard({ handle }: Written, path: string): Promise<void> {
  await handle.close();
  await rm(path, { force: true }).catch(told);
}

function contentsOf(path: string, values: readonly unknown[]): Contents {
  try {
    return Contents.read(values);
  } catch (error) {
    throw damaged(path, "holds what is no outbox", error);
  }
}

/** What a file holds that was just made: no other one is as short. */
function blankOf(producer: string): Buffer {
  return Buffer.concat([head(), new Contents({ producer, state: firstState, entries: [] }).frame()]);
}

/** A write may take a part of what it is given. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** What led here is told, and this would only follow from it. */
export function told(): undefined {
  return undefined;
}
