// `npm run dev`: the flights app, its hub and its page rebuilt on every change; `npm run dev -- parcels`: the parcel service.
import "./end-with-npm.mjs";
import { runNpm } from "./run.mjs";
import { build } from "./turbo.mjs";

const app = process.argv[2] ?? "flights";

// In turbo's words: what the app depends on, without the app.
await build([`@eventwire/${app}^...`]);
const { code } = await runNpm(["run", "dev", "--workspace", `@eventwire/${app}`]);
process.exitCode = code;
