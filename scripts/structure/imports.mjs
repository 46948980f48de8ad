import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { mayUse } from "./layers.mjs";
import { isDevelopment, isPublished } from "./repository.mjs";
import { importsOf, lineOf } from "./sources.mjs";

/** @import { Repository, Violation, Workspace } from "./repository.mjs" */

/**
 * Imports go one way, through the doors that a package opens, and are declared in the manifest.
 *
 * @param {Repository} repository
 * @param {ReturnType<typeof import("./sources.mjs").parseSources>} parsed
 * @returns {Violation[]}
 */
export function imports(repository, { sources, path }) {
  return sources.flatMap((source) => {
    const file = path(source);
    const workspace = repository.workspaces.find(({ folder }) => file.startsWith(`${folder}/`));
    if (!workspace) return [];
    return importsOf(source).flatMap(({ specifier, node }) => {
      const violation = specifier.startsWith(".")
        ? relativeImport(repository, workspace, file, specifier)
        : packageImport(repository, workspace, file, specifier);
      return violation ? [{ ...violation, file, line: lineOf(node) }] : [];
    });
  });
}

/**
 * @param {Repository} repository
 * @param {Workspace} workspace
 * @param {string} file
 * @param {string} specifier
 * @returns {{ rule: string; message: string } | undefined}
 */
function relativeImport(repository, workspace, file, specifier) {
  const target = posix.join(posix.dirname(file), specifier);
  if (target.startsWith(`${workspace.folder}/`)) return undefined;
  const other = repository.workspaces.find(({ folder }) => target.startsWith(`${folder}/`));
  if (other)
    return { rule: "deep-import", message: `reaches into ${other.folder}; import ${other.manifest.name}` };
  const shared = isDevelopment(file) && !target.startsWith("..") && !target.includes("/");
  return shared ? undefined : { rule: "deep-import", message: `${specifier} leaves ${workspace.folder}` };
}

/**
 * @param {Repository} repository
 * @param {Workspace} workspace
 * @param {string} file
 * @param {string} specifier
 * @returns {{ rule: string; message: string } | undefined}
 */
function packageImport(repository, workspace, file, specifier) {
  if (isBuiltin(specifier)) return undefined;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const other = repository.workspaces.find(({ manifest }) => manifest.name === name);
  if (other && other !== workspace && !mayUse(workspace, other, { development: isDevelopment(file) })) {
    return { rule: "import-direction", message: `${workspace.title} must not import ${other.title}` };
  }
  if (other && !opens(other, specifier, name)) {
    return { rule: "deep-import", message: `${specifier} is not among the exports of ${name}` };
  }
  // What a private workspace takes from others is the dead-code check's affair: it knows bundlers' virtual modules.
  if (other === workspace || (!other && !isPublished(workspace))) return undefined;
  if (isListed(repository, workspace, file, name)) return undefined;
  return { rule: "undeclared-import", message: `${name} is missing from ${workspace.folder}/package.json` };
}

/**
 * @param {Workspace} workspace
 * @param {string} specifier
 * @param {string} name
 */
function opens(workspace, specifier, name) {
  const door = specifier === name ? "." : `.${specifier.slice(name.length)}`;
  return workspace.manifest.exports?.[door] !== undefined;
}

/**
 * Whether a manifest lists a package for a file. What users run counts on its own package's manifest alone; tests and
 * configuration may also take what the root installs for everyone.
 *
 * @param {Repository} repository
 * @param {Workspace} workspace
 * @param {string} file
 * @param {string} name
 */
function isListed(repository, workspace, file, name) {
  const { manifest } = workspace;
  const lists = [manifest.dependencies, manifest.peerDependencies];
  if (isDevelopment(file) || !isPublished(workspace)) {
    lists.push(manifest.devDependencies, repository.manifest.devDependencies);
  }
  return lists.some((list) => list?.[name] !== undefined);
}
