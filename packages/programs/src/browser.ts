import { type Browser, chromium } from "playwright-core";
import { findChromium } from "./chromium.js";

/** Starts a headless Chromium, drawing in software, without a download. */
export async function launchBrowser(): Promise<Browser> {
  const { executable, libraries } = await findChromium();
  const inherited = process.env.LD_LIBRARY_PATH;
  const path = [libraries, inherited].filter((entry) => entry !== undefined && entry !== "").join(":");
  return chromium.launch({
    executablePath: executable,
    headless: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"],
    env: { ...process.env, ...(path === "" ? {} : { LD_LIBRARY_PATH: path }) } as Record<string, string>,
  });
}
