import { posix } from "node:path";
import { isPublished } from "./repository.mjs";

/** @import { Repository, Violation } from "./repository.mjs" */

/** Words that name no concept, so that anything can end up there. */
const empty = new Set(["util", "utils", "helper", "helpers", "common", "misc"]);

/**
 * A file is named for its one concept, in kebab-case; an index is a door, so it stands where the manifest opens one.
 *
 * @param {Repository} repository
 * @returns {Violation[]}
 */
export function names(repository) {
  /** @type {Violation[]} */
  const violations = [];
  const doors = new Set(
    repository.workspaces.flatMap(({ folder, manifest }) =>
      Object.values(manifest.exports ?? {})
        .flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)))
        .map((target) => posix.join(folder, target)),
    ),
  );
  const published = repository.workspaces.filter(isPublished);
  for (const file of repository.files) {
    const word = file
      .toLowerCase()
      .split(/[/.-]/)
      .find((part) => empty.has(part));
    if (word) violations.push({ rule: "file-name", file, message: `"${word}" names no concept` });
    if (!/\.(ts|tsx|mts|mjs|js)$/.test(file)) continue;
    const base = posix.basename(file);
    if (!/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(base)) {
      violations.push({ rule: "file-name", file, message: `${base} is not in kebab-case` });
    }
    if (
      base === "index.ts" &&
      published.some(({ folder }) => file.startsWith(`${folder}/`)) &&
      !doors.has(file)
    ) {
      violations.push({
        rule: "file-name",
        file,
        message: "index.ts stands only where the manifest exports it",
      });
    }
  }
  return violations;
}
