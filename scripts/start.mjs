// `npm start`: the flights app; `npm run parcels`: the parcel service. PORT, HOST, DATA and the rest are read by the app itself.
import "./end-with-npm.mjs";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./run.mjs";
import { build } from "./turbo.mjs";

const app = process.argv[2] ?? "flights";
const server = join(root, `apps/${app}/dist/server.js`);

await build([`@eventwire/${app}`]);
if (!existsSync(server)) throw new Error(`The build of @eventwire/${app} left no ${server}`);
// In this process rather than a child: signals reach the app itself, and its exit code is ours.
await import(pathToFileURL(server).href);
