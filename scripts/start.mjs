// `npm start`: the flights app. PORT, HOST and SPEED are read by the app itself.
import "./end-with-npm.mjs";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./run.mjs";
import { build } from "./turbo.mjs";

const server = join(root, "apps/flights/dist/server.js");

await build(["@eventwire/flights"]);
if (!existsSync(server)) throw new Error(`The build of @eventwire/flights left no ${server}`);
// In this process rather than a child: signals reach the app itself, and its exit code is ours.
await import(pathToFileURL(server).href);
