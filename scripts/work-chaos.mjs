// `npm run chaos:work -- [--tasks N] [--kills N] [--hub-kills N] [--seed S] [--json FILE] [--plant NAME]`: workers and hubs, killed; see
// docs/proof.md.
import "./end-with-npm.mjs";
import { join } from "node:path";
import { root, run } from "./run.mjs";
import { build } from "./turbo.mjs";

await build(["@eventwire/proof"]);
// From the root, so that `--json FILE` names a file where the reader is.
const { code } = await run(process.execPath, [
  join(root, "apps/proof/dist/work-chaos.js"),
  ...process.argv.slice(2),
]);
process.exitCode = code;
