import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./documents.js";

/** npm's own names for scripts, which need no `run`. */
const shorthands = new Set(["start", "test"]);

/**
 * What is wrong with the commands of a shell block: a script that the project does not have, or a package to install
 * that is not one of ours and not one that the project itself uses.
 */
export function commandFaults(code: string): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  return code
    .split(/\n|&&/)
    .map((line) =>
      line
        .replace(/#.*$/, "")
        .replace(/^\s*\$\s/, "")
        .trim()
        .split(/\s+/),
    )
    .flatMap(([program, verb = "", ...rest]) => {
      if (program !== "npm") return [];
      const script = verb === "run" ? rest[0] : shorthands.has(verb) ? verb : undefined;
      if (script !== undefined) return script in scripts ? [] : [`there is no script "${script}"`];
      if (verb !== "install" && verb !== "i") return [];
      return rest
        .filter(
          (name) =>
            !name.startsWith("-") && !existsSync(join(repository, "node_modules", name, "package.json")),
        )
        .map((name) => `there is no package "${name}"`);
    });
}
