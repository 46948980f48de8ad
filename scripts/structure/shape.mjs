import { posix } from "node:path";
import { isPublished, readText } from "./repository.mjs";

/** @import { Repository, Violation, Workspace } from "./repository.mjs" */

const files = ["README.md", "LICENSE", "tsconfig.json", "tsup.config.ts", "src/index.ts"];
const shipped = ["dist", "src", "!src/**/*.test.ts", "!src/**/*.test-d.ts"];
const installScripts = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"];

/**
 * Every published package has the same shape, so that knowing one is knowing all.
 *
 * @param {Repository} repository
 * @returns {Violation[]}
 */
export function shape(repository) {
  const published = repository.workspaces.filter(isPublished);
  return published.flatMap((workspace) => {
    const { folder } = workspace;
    const messages = [
      ...missingFiles(repository, workspace),
      ...manifestFaults(repository, workspace),
      ...Object.entries(workspace.manifest.exports ?? {}).flatMap(([door, target]) =>
        exportFaults(repository, folder, door, target),
      ),
    ];
    const version = published[0]?.manifest.version;
    if (workspace.manifest.version !== version)
      messages.push(`its version is not ${version}, as the others' is`);
    return messages.map((message) => ({ rule: "package-shape", file: `${folder}/package.json`, message }));
  });
}

/**
 * @param {Repository} repository
 * @param {Workspace} workspace
 */
function missingFiles(repository, { folder }) {
  const messages = files
    .filter((file) => !repository.files.includes(`${folder}/${file}`))
    .map((file) => `${file} is missing`);
  const licence = `${folder}/LICENSE`;
  if (
    repository.files.includes(licence) &&
    readText(repository, licence) !== readText(repository, "LICENSE")
  ) {
    messages.push("LICENSE differs from the root's");
  }
  return messages;
}

/**
 * @param {Repository} repository
 * @param {Workspace} workspace
 */
function manifestFaults(repository, { folder, title, manifest }) {
  /** @type {[boolean, string][]} */
  const expectations = [
    [manifest.name === `@eventwire/${title}`, `name is not @eventwire/${title}`],
    [Boolean(manifest.description), "description is missing"],
    [manifest.license === repository.manifest.license, `license is not ${repository.manifest.license}`],
    [manifest.type === "module", 'type is not "module"'],
    [manifest.sideEffects === false, "sideEffects is not false"],
    [manifest.engines?.node === repository.manifest.engines?.node, "engines.node differs from the root's"],
    [manifest.repository?.directory === folder, `repository.directory is not ${folder}`],
    [JSON.stringify(manifest.files) === JSON.stringify(shipped), `files is not ${shipped.join(", ")}`],
    [manifest.exports?.["."] !== undefined, 'exports has no "."'],
    [manifest.scripts?.build === "tsup", 'the build script is not "tsup"'],
  ];
  const scripts = installScripts.filter((name) => manifest.scripts?.[name] !== undefined);
  return [
    ...expectations.filter(([holds]) => !holds).map(([, message]) => message),
    ...scripts.map((name) => `has the install script ${name}`),
  ];
}

/**
 * @param {Repository} repository
 * @param {string} folder
 * @param {string} door
 * @param {string | Record<string, string>} target
 */
function exportFaults(repository, folder, door, target) {
  if (typeof target === "string")
    return target === "./package.json" ? [] : [`the export ${door} has no types`];
  const source = target["@eventwire/source"] ?? "";
  const built = source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
  const expected = { "@eventwire/source": source, types: `${built}.d.ts`, default: `${built}.js` };
  const messages = [];
  if (JSON.stringify(target) !== JSON.stringify(expected)) {
    messages.push(`the export ${door} is not its source, types and default, in this order and of one file`);
  }
  if (!repository.files.includes(posix.join(folder, source)))
    messages.push(`the export ${door} has no source file`);
  return messages;
}
