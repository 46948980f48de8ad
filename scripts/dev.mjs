// `npm run dev`: the flights app, its hub and its page rebuilt on every change.
import "./end-with-npm.mjs";
import { runNpm } from "./run.mjs";
import { build } from "./turbo.mjs";

// In turbo's words: what the app depends on, without the app.
await build(["@eventwire/flights^..."]);
const { code } = await runNpm(["run", "dev", "--workspace", "@eventwire/flights"]);
process.exitCode = code;
