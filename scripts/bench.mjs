// `npm run bench -- <suite>[,<suite>] [options]`: the options are those of apps/benchmarks.
import "./end-with-npm.mjs";
import { join } from "node:path";
import { root, run } from "./run.mjs";
import { build } from "./turbo.mjs";

await build(["@eventwire/benchmarks"]);
// From the root, so that `--json FILE` names a file where the reader is.
const { code } = await run(process.execPath, [
  join(root, "apps/benchmarks/dist/main.js"),
  ...process.argv.slice(2),
]);
process.exitCode = code;
