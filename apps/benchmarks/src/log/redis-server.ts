import { type Program, programVersion } from "./private-server.js";

/** A Redis that has each write on its disk before it answers. */
export const redisServer: Program = {
  command: "redis-server",
  configuration: (port, folder) => `
    bind 127.0.0.1
    port ${port}
    dir ${folder}
    save ""
    appendonly yes
    appendfsync always
    no-appendfsync-on-rewrite no
    auto-aof-rewrite-percentage 0
  `,
  arguments: (file) => [file],
};

/** @throws {Error} when it is not installed. */
export function redisTerms(): string {
  return `Redis ${programVersion(redisServer.command)}, appendfsync always`;
}
