import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";

/** The lines that head a report: what it was measured on, and of which source. */
export function machineLines(): string[] {
  const processors = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(1);
  return [
    `${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}, ${memory} GiB, ${process.platform} ${process.arch}`,
    `Node ${process.versions.node}, V8 ${process.versions.v8}, load ${loadavg()[0]!.toFixed(2)} before the start`,
    `${sourceState()}, ${new Date().toISOString()}`,
  ];
}

function sourceState(): string {
  const git = (...command: string[]) =>
    execFileSync("git", command, { encoding: "utf8", stdio: "pipe" }).trim();
  try {
    const commit = git("rev-parse", "--short", "HEAD");
    return git("status", "--porcelain") === ""
      ? `commit ${commit}`
      : `commit ${commit} and uncommitted changes (dirty)`;
  } catch (error) {
    return `source state unknown (${(error as Error).message.split("\n")[0]})`;
  }
}
