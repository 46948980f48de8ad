// `npm run dev` of an app, in its folder: what it serves starts again on every change of it; the pages are served by Vite, which passes the bus on.
import { spawn } from "node:child_process";

/** @param {string} command */
const run = (command) => spawn(command, { stdio: "inherit", shell: true });

// The server serves built pages too, and does not start without them.
const built = run("vite build --logLevel warn");
built.once("exit", (code) => {
  if (code !== 0) process.exit(code ?? 1);
  const parts = [
    run('tsup --watch src --ignore-watch src/page --onSuccess "node dist/server.js"'),
    run("vite"),
  ];
  for (const part of parts) {
    part.once("exit", (exitCode) => {
      for (const other of parts) other.kill();
      process.exitCode ||= exitCode ?? 0;
    });
  }
});
