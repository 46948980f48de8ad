// apps/flights/e2e/browser.ts
import { chromium } from "playwright-core";

// apps/flights/e2e/chromium.ts
import { execFile } from "node:child_process";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";
var SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/opt/google/chrome/chrome"
];
async function findChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen !== void 0) {
    if (!existsSync(chosen)) throw new Error(`CHROMIUM_PATH names ${chosen}, which does not exist`);
    return { executable: chosen };
  }
  const system = SYSTEM.find((path) => existsSync(path));
  return system === void 0 ? packaged() : { executable: system };
}
async function packaged() {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const root = join(dirname(entry), "..", "..");
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const folder = join(tmpdir(), `eventwire-chromium-${version}-${userInfo().uid}`);
  if (!existsSync(folder)) await unpack(join(root, "bin"), folder);
  return { executable: join(folder, "chromium"), libraries: join(folder, "lib") };
}
async function unpack(bin, folder) {
  const draft = await mkdtemp(`${folder}-draft-`);
  const executable = join(draft, "chromium");
  try {
    await Promise.all([
      inflate(join(bin, "chromium.br"), executable),
      untar(join(bin, "al2023.tar.br"), draft),
      untar(join(bin, "swiftshader.tar.br"), draft)
    ]);
    await chmod(executable, 493);
    await rename(draft, folder).catch((error) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
function inflate(from, to) {
  return pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
}
async function untar(archive, folder) {
  const plain = join(folder, basename(archive, ".br"));
  await inflate(archive, plain);
  await promisify(execFile)("tar", ["-x", "-f", plain, "-C", folder]);
  await rm(plain);
}

// apps/flights/e2e/browser.ts
async function launchBrowser() {
  const { executable, libraries } = await findChromium();
  const inherited = process.env.LD_LIBRARY_PATH;
  const path = [libraries, inherited].filter((entry) => entry !== void 0 && entry !== "").join(":");
  return chromium.launch({
    executablePath: executable,
    headless: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"],
    env: { ...process.env, ...path === "" ? {} : { LD_LIBRARY_PATH: path } }
  });
}

// apps/flights/e2e/zz-shot.tmp.mts
var url = process.argv[2];
var browser = await launchBrowser();
for (const [name, scheme, width, height] of [["light", "light", 1440, 900], ["dark", "dark", 1440, 900], ["phone", "light", 390, 844], ["wide", "dark", 1920, 1080], ["tablet", "light", 820, 1180]]) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, deviceScaleFactor: name === "phone" ? 2 : 1 });
  const page = await context.newPage();
  page.on("console", (m) => console.log(name, m.type(), m.text()));
  await page.goto(url);
  await page.waitForTimeout(9e3);
  await page.screenshot({ path: `/tmp/shot-${name}.png`, fullPage: name === "phone" });
  await context.close();
}
await browser.close();
