import { direction } from "./direction.mjs";
import { imports } from "./imports.mjs";
import { names } from "./names.mjs";
import { neutrality } from "./neutrality.mjs";
import { pins } from "./pins.mjs";
import { portability } from "./portability.mjs";
import { readRepository } from "./repository.mjs";
import { shape } from "./shape.mjs";
import { parseSources } from "./sources.mjs";

/** @import { Violation } from "./repository.mjs" */

/**
 * Everything that breaks the structure of the repository at `root`.
 *
 * @param {string} root
 * @returns {Violation[]}
 */
export function findViolations(root) {
  const repository = readRepository(root);
  const sources = parseSources(repository);
  return [
    ...direction(repository),
    ...imports(repository, sources),
    ...neutrality(sources),
    ...names(repository),
    ...shape(repository),
    ...pins(repository),
    ...portability(repository),
  ];
}
