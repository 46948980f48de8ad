import { readText } from "./repository.mjs";

/** @import { Repository, Violation, DependencyField } from "./repository.mjs" */

/** @type {DependencyField[]} */
const pinned = ["dependencies", "devDependencies", "optionalDependencies"];

/**
 * What is installed is written down exactly; only peers, which the user installs, may be ranges. The lock file names no
 * place to download from, so that it works with any registry.
 *
 * @param {Repository} repository
 * @returns {Violation[]}
 */
export function pins(repository) {
  /** @type {Violation[]} */
  const violations = [];
  const manifests = [
    { file: "package.json", manifest: repository.manifest },
    ...repository.workspaces.map(({ folder, manifest }) => ({ file: `${folder}/package.json`, manifest })),
  ];
  for (const { file, manifest } of manifests) {
    const lists = [...pinned.map((field) => manifest[field]), manifest.overrides];
    for (const [name, version] of lists.flatMap((list) => Object.entries(list ?? {}))) {
      if (/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version)) continue;
      violations.push({
        rule: "exact-version",
        file,
        message: `${name} is ${version}, not an exact version`,
      });
    }
  }
  const lock = "package-lock.json";
  if (!repository.files.includes(lock)) {
    return [...violations, { rule: "lock-file", file: lock, message: "is missing" }];
  }
  readText(repository, lock)
    .split("\n")
    .forEach((text, index) => {
      if (!/"resolved": "[a-z+]+:/.test(text)) return;
      violations.push({
        rule: "lock-file",
        file: lock,
        line: index + 1,
        message: "names where to download from",
      });
    });
  return violations;
}
