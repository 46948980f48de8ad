// `npm run fuzz -- [frames]`: hostile frames of both forms, against a server and, a tenth of them, against a client.
import "./end-with-npm.mjs";
import { runTool } from "./run.mjs";

const [frames = "1000000"] = process.argv.slice(2);
const count = Number(frames);
if (!Number.isSafeInteger(count) || count < 20_000) {
  console.error(`"${frames}" is no number of frames from 20,000 on.`);
  process.exit(1);
}

const seed = process.env.FUZZ_SEED ?? String(Date.now() % 2 ** 31);
const started = performance.now();
const { code } = await runTool(
  "vitest",
  [
    "run",
    "--project=unit",
    "packages/wire/src/fuzz.test.ts",
    "--reporter=verbose",
    "--disable-console-intercept",
  ],
  { variables: { FUZZ_FRAMES: String(count), FUZZ_SEED: seed } },
);
const seconds = ((performance.now() - started) / 1_000).toFixed(1);
const outcome = code === 0 ? "everything held" : "something did not hold";
console.log(
  `${count} frames to a server and ${count / 10} to a client in ${seconds} s, FUZZ_SEED=${seed}: ${outcome}.`,
);
process.exitCode = code;
