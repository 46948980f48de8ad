import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { readText } from "./repository.mjs";

/** @import { Repository, Violation } from "./repository.mjs" */

const binary = /\.(png|jpe?g|gif|webp|ico|woff2?|parquet|tgz|gz|br)$/;

/** Paths that exist on one machine only. */
const machinePath = /(?<![\w.:/@-])(\/(home|root|tmp|work|workspace|Users)\/[\w.-]+|[A-Z]:\\Users\\)/;

/** Places to install from belong to whoever installs. */
const registryHost = /\bregistry\.[a-z0-9-]+\.[a-z]+|^\s*registry\s*=/im;

/** A path upwards, as in `../../packages/core`. */
const upwards = /(?<![\w./])(?:\.\.\/)+[\w@.-][\w@./-]*/g;

/**
 * What is written down holds for everyone who clones: no path of one machine, no registry, no path out of the
 * repository, no link to a page that is not there.
 *
 * @param {Repository} repository
 * @returns {Violation[]}
 */
export function portability(repository) {
  return repository.files
    .filter((file) => !binary.test(file) && file !== "package-lock.json")
    .flatMap((file) =>
      readText(repository, file)
        .split("\n")
        .flatMap((text, index) =>
          [...faults(repository, file, text)].map((message) => ({
            rule: "portable-text",
            file,
            line: index + 1,
            message,
          })),
        ),
    );
}

/**
 * @param {Repository} repository
 * @param {string} file
 * @param {string} text One line.
 */
function* faults(repository, file, text) {
  const machine = machinePath.exec(text);
  if (machine) yield `${machine[0]} is a path of one machine`;
  const host = registryHost.exec(text);
  if (host) yield `${host[0].trim()} names a registry`;
  for (const [path] of text.matchAll(upwards)) {
    if (posix.join(posix.dirname(file), path).startsWith("..")) yield `${path} leaves the repository`;
    else if (path.endsWith(".md") && !exists(repository, file, path)) yield `${path} does not exist`;
  }
  if (!file.endsWith(".md")) return;
  for (const [, target] of text.matchAll(/\]\(([^)#?\s]+)[^)]*\)/g)) {
    if (target === undefined || /^[a-z]+:/.test(target)) continue;
    if (!exists(repository, file, target)) yield `the link ${target} leads nowhere`;
  }
}

/**
 * @param {Repository} repository
 * @param {string} file
 * @param {string} path Relative to the file.
 */
function exists(repository, file, path) {
  return existsSync(join(repository.root, posix.dirname(file), path));
}
