import { execFile } from "node:child_process";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";

/** A Chromium to start: its program, and the folder of shared libraries it needs, if not the system's. */
export interface Chromium {
  executable: string;
  libraries?: string;
}

const SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/opt/google/chrome/chrome",
];

/** The Chromium of `CHROMIUM_PATH`, else the system's, else the one that npm brought, unpacked once into a cache. */
export async function findChromium(): Promise<Chromium> {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen !== undefined) {
    if (!existsSync(chosen)) throw new Error(`CHROMIUM_PATH names ${chosen}, which does not exist`);
    return { executable: chosen };
  }
  const system = SYSTEM.find((path) => existsSync(path));
  return system === undefined ? packaged() : { executable: system };
}

async function packaged(): Promise<Chromium> {
  const require = createRequire(import.meta.url);
  const root = join(dirname(require.resolve("@sparticuz/chromium")), "..", "..");
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const folder = join(tmpdir(), `eventwire-chromium-${version}-${userInfo().uid}`);
  if (!existsSync(folder)) await unpack(join(root, "bin"), folder);
  return { executable: join(folder, "chromium"), libraries: join(folder, "lib") };
}

/** Unpacks beside the cache and renames into place, so that what carries the cache's name is always whole. */
async function unpack(bin: string, folder: string): Promise<void> {
  const draft = await mkdtemp(`${folder}-draft-`);
  const executable = join(draft, "chromium");
  try {
    await Promise.all([
      inflate(join(bin, "chromium.br"), executable),
      untar(join(bin, "al2023.tar.br"), draft),
      untar(join(bin, "swiftshader.tar.br"), draft),
    ]);
    await chmod(executable, 0o755);
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function inflate(from: string, to: string): Promise<void> {
  return pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
}

async function untar(archive: string, folder: string): Promise<void> {
  const plain = join(folder, basename(archive, ".br"));
  await inflate(archive, plain);
  await promisify(execFile)("tar", ["-x", "-f", plain, "-C", folder]);
  await rm(plain);
}
