#!/usr/bin/env node
import { run } from "./cli/log-command.js";

// Node 22 says of its SQLite that it is experimental, which nobody who reads a log can do anything about.
const listeners = process.listeners("warning");
process.removeAllListeners("warning").on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") for (const listener of listeners) listener(warning);
});

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => ending.abort());

process.exitCode = await run(process.argv.slice(2), ending.signal);
