// `npm run dev`: the hub starts again on every change of it; the page is served by Vite, which passes the bus on to the hub.
import { spawn } from "node:child_process";

const environment = { ...process.env, PORT: process.env.PORT ?? "4200" };
const run = (command) => spawn(command, { stdio: "inherit", shell: true, env: environment });

// The hub serves a built page too, and does not start without one.
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
