import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Writes a small repository that breaks no rule into an empty folder: five packages and an app.
 *
 * @param {string} root
 */
export function plantRepository(root) {
  execFileSync("git", ["init", "--quiet"], { cwd: root });
  plant(root, {
    LICENSE: "Free.\n",
    "package.json": json({ name: "root", license: "MIT", engines, devDependencies: { vitest: "1.0.0" } }),
    "package-lock.json": json({ packages: { "node_modules/a": { resolved: "packages/core", link: true } } }),
    "apps/chat/package.json": json({
      name: "@eventwire/chat",
      private: true,
      dependencies: { "@eventwire/core": "0.0.0" },
    }),
    "apps/chat/src/server.ts": 'import { bus } from "@eventwire/core";\nexport { bus };\n',
    ...publishedPackage("core", "export const bus = 1;\n"),
    ...publishedPackage("queue", 'export { now } from "./runtime.js";\n'),
    "packages/queue/src/runtime.ts": "export const now = () => Date.now();\n",
    ...publishedPackage("wire", 'export { bus } from "@eventwire/core";\n', {
      dependencies: { "@eventwire/core": "0.0.0" },
    }),
    ...publishedPackage("testing", "export const suite = 1;\n"),
    ...publishedPackage("socket.io", 'import { bus } from "@eventwire/wire";\nexport { bus };\n', {
      dependencies: { "@eventwire/wire": "0.0.0" },
      devDependencies: { "@eventwire/testing": "0.0.0" },
    }),
    "packages/socket.io/src/link.test.ts": 'import { suite } from "@eventwire/testing";\nexport { suite };\n',
  });
}

/**
 * Writes files below `root`, over those that are there.
 *
 * @param {string} root
 * @param {Record<string, string>} files
 */
export function plant(root, files) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

/**
 * The manifest of a published package of the right shape, with `changes` to it.
 *
 * @param {string} title
 * @param {object} [changes]
 */
export function publishedManifest(title, changes = {}) {
  return json({
    name: `@eventwire/${title}`,
    version: "0.0.0",
    description: "A package.",
    repository: { directory: `packages/${title}` },
    license: "MIT",
    type: "module",
    sideEffects: false,
    exports: {
      ".": { "@eventwire/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
    files: ["dist", "src", "!src/**/*.test.ts", "!src/**/*.test-d.ts"],
    scripts: { build: "tsup" },
    engines,
    ...changes,
  });
}

const engines = { node: ">=20.19" };

/**
 * @param {string} title
 * @param {string} index
 * @param {object} [changes]
 */
function publishedPackage(title, index, changes) {
  const folder = `packages/${title}`;
  return {
    [`${folder}/package.json`]: publishedManifest(title, changes),
    [`${folder}/README.md`]: `# ${title}\n`,
    [`${folder}/LICENSE`]: "Free.\n",
    [`${folder}/tsconfig.json`]: "{}\n",
    [`${folder}/tsup.config.ts`]: "export default {};\n",
    [`${folder}/src/index.ts`]: index,
  };
}

/** @param {unknown} value */
function json(value) {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
