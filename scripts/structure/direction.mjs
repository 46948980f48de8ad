import { layers, mayUse } from "./layers.mjs";
import { isPublished } from "./repository.mjs";

/** @import { Repository, Violation, DependencyField } from "./repository.mjs" */

/** @type {DependencyField[]} */
const fields = ["dependencies", "peerDependencies", "optionalDependencies", "devDependencies"];

/**
 * Manifests follow the layers as imports do, so that an arrow the wrong way cannot hide in a dependency.
 *
 * @param {Repository} repository
 * @returns {Violation[]}
 */
export function direction(repository) {
  /** @type {Violation[]} */
  const violations = [];
  for (const from of repository.workspaces) {
    const file = `${from.folder}/package.json`;
    if (isPublished(from) && !layers[from.title]) {
      const message = `${from.title} has no layer; give it one in scripts/structure/layers.mjs`;
      violations.push({ rule: "import-direction", file, message });
    }
    for (const field of fields) {
      for (const name of Object.keys(from.manifest[field] ?? {})) {
        const to = repository.workspaces.find(({ manifest }) => manifest.name === name);
        if (!to || mayUse(from, to, { development: field === "devDependencies" })) continue;
        const message = `${from.title} must not have ${to.title} among its ${field}`;
        violations.push({ rule: "import-direction", file, message });
      }
    }
  }
  return violations;
}
