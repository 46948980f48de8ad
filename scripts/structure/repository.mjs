import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the rules look at: the files under version control (or about to be), and the workspaces they form.
 *
 * @typedef {object} Repository
 * @property {string} root
 * @property {readonly string[]} files Paths from the root, with `/`, in order.
 * @property {Manifest} manifest That of the root.
 * @property {readonly Workspace[]} workspaces
 *
 * @typedef {object} Workspace
 * @property {string} folder From the root, such as `packages/core`.
 * @property {string} title The folder's own name, such as `core`.
 * @property {"packages" | "apps"} kind
 * @property {Manifest} manifest
 *
 * @typedef {Partial<Record<DependencyField, Record<string, string>>> & ManifestFields} Manifest
 * @typedef {"dependencies" | "devDependencies" | "peerDependencies" | "optionalDependencies"} DependencyField
 *
 * @typedef {object} ManifestFields
 * @property {string} name
 * @property {boolean} [private]
 * @property {string} [version]
 * @property {string} [description]
 * @property {string} [license]
 * @property {string} [type]
 * @property {boolean} [sideEffects]
 * @property {string[]} [files]
 * @property {{ node?: string }} [engines]
 * @property {{ directory?: string }} [repository]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [overrides]
 * @property {Record<string, string | Record<string, string>>} [exports]
 */

/**
 * Something that breaks a rule, in words that say what to change.
 *
 * @typedef {{ rule: string; file: string; line?: number; message: string }} Violation
 */

/**
 * @param {string} root
 * @returns {Repository}
 */
export function readRepository(root) {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  })
    .split("\0")
    .filter((file) => file !== "" && existsSync(join(root, file)))
    .sort();
  const workspaces = files
    .filter((file) => /^(packages|apps)\/[^/]+\/package\.json$/.test(file))
    .map((file) => {
      const [kind, title] = /** @type {["packages" | "apps", string]} */ (file.split("/"));
      return { folder: `${kind}/${title}`, title, kind, manifest: readJson(join(root, file)) };
    });
  return { root, files, manifest: readJson(join(root, "package.json")), workspaces };
}

/**
 * @param {Repository} repository
 * @param {string} file From the root.
 */
export function readText(repository, file) {
  return readFileSync(join(repository.root, file), "utf8");
}

/** @param {Workspace} workspace */
export function isPublished(workspace) {
  return workspace.kind === "packages" && workspace.manifest.private !== true;
}

/**
 * Whether a file runs only in development: a test, what tests share, or a tool's configuration.
 *
 * @param {string} file
 */
export function isDevelopment(file) {
  return (
    /\.(test|test-d|bench)\.[a-z]+$/.test(file) ||
    /\.config\.[a-z]+$/.test(file) ||
    /\/(e2e|fixtures)\//.test(file)
  );
}

/**
 * @param {string} file
 * @returns {Manifest}
 */
function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
