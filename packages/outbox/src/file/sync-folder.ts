import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "./failures.js";

/** What platforms say that can sync no folder: Windows, whose file systems keep names by themselves, and some file systems of networks. */
const unable = new Set(["EPERM", "EISDIR", "EACCES", "EINVAL", "ENOTSUP"]);

/** Makes a folder for the user alone where it is missing, and those that it is in, and waits until their names are on the disk. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  // Who had made it may have ended before its name was there.
  const outer = dirname(first ?? path);
  for (let at = path; at !== outer && at !== dirname(at); ) {
    at = dirname(at);
    await syncFolder(at);
  }
}

/** Waits until the names in a folder are on the disk. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!unable.has(codeOf(error) ?? "")) throw error;
  }
}
