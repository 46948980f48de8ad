#!/usr/bin/env node
import { run } from "./cli/log-command.js";

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => ending.abort());

process.exitCode = await run(process.argv.slice(2), ending.signal);
