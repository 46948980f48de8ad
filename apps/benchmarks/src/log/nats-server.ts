import { type Program, programVersion } from "./private-server.js";

/** From 2.10 on a stream can be synced with each append. */
const syncs = (version: string) => version.localeCompare("2.10.0", "en", { numeric: true }) >= 0;

/** A NATS server that keeps streams in files, synced with each append where its version can. */
export const natsServer: Program = {
  command: "nats-server",
  configuration: (port, folder) => `
    host: 127.0.0.1
    port: ${port}
    jetstream {
      store_dir: "${folder}"
      ${syncs(programVersion("nats-server")) ? "sync_interval: always" : ""}
    }
  `,
  arguments: (file) => ["--config", file],
};

/** @throws {Error} when it is not installed. */
export function natsTerms(): string {
  const version = programVersion(natsServer.command);
  const sync = syncs(version)
    ? "sync_interval always"
    : "file store, fsync every 2 minutes and none an append";
  return `NATS ${version}, ${sync}`;
}
