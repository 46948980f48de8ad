import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plant, plantRepository, publishedManifest } from "./fixture.mjs";
import { findViolations } from "./rules.mjs";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "eventwire-structure-"));
  plantRepository(root);
});

afterEach(() => rmSync(root, { recursive: true }));

/** @param {Record<string, string>} files */
function rulesBrokenBy(files) {
  plant(root, files);
  return findViolations(root).map(({ rule, file }) => `${rule} ${file}`);
}

const core = "packages/core/src/probe.ts";
const manifest = "packages/core/package.json";

it("finds nothing in a repository of the right structure", () => {
  expect(findViolations(root)).toEqual([]);
});

describe("the direction of imports", () => {
  it("refuses an import from an inner package to an outer one", () => {
    expect(rulesBrokenBy({ [core]: 'import "@eventwire/wire";\n' })).toContain(`import-direction ${core}`);
  });

  it("refuses such an import in a type as well", () => {
    expect(rulesBrokenBy({ [core]: 'export type Bus = typeof import("@eventwire/wire").bus;\n' })).toContain(
      `import-direction ${core}`,
    );
  });

  it("refuses an import of an app", () => {
    expect(rulesBrokenBy({ [core]: 'import "@eventwire/chat";\n' })).toEqual([`import-direction ${core}`]);
  });

  it("refuses the test kit outside of tests", () => {
    const file = "packages/socket.io/src/probe.ts";
    expect(rulesBrokenBy({ [file]: 'import "@eventwire/testing";\n' })).toContain(`import-direction ${file}`);
  });

  it("refuses the test kit in what the test kit is made of", () => {
    const file = "packages/wire/src/probe.test.ts";
    expect(rulesBrokenBy({ [file]: 'import "@eventwire/testing";\n' })).toContain(`import-direction ${file}`);
  });

  it("lets tests alone take what they share, which takes nothing of the packages", () => {
    const shared = "packages/programs/src/index.ts";
    const test = "packages/core/src/probe.test.ts";
    const broken = rulesBrokenBy({
      "packages/programs/package.json": JSON.stringify({
        name: "@eventwire/programs",
        private: true,
        license: "MIT",
        exports: { ".": "./src/index.ts" },
        engines: { node: ">=20.19" },
      }),
      [shared]: 'import "@eventwire/core";\n',
      [core]: 'import "@eventwire/programs";\n',
      [test]: 'import "@eventwire/programs";\n',
      [manifest]: publishedManifest("core", { devDependencies: { "@eventwire/programs": "0.0.0" } }),
    });
    expect(broken).toContain(`import-direction ${shared}`);
    expect(broken).toContain(`import-direction ${core}`);
    expect(broken.filter((one) => one.endsWith(test) || one.endsWith(manifest))).toEqual([]);
  });

  it("lets what is not published alone take the styles of pages", () => {
    const page = "apps/chat/src/page.ts";
    const broken = rulesBrokenBy({
      "packages/styles/package.json": JSON.stringify({
        name: "@eventwire/styles",
        private: true,
        license: "MIT",
        exports: { "./styles.css": "./src/styles.css" },
        engines: { node: ">=20.19" },
      }),
      "packages/styles/src/styles.css": "",
      [core]: 'import "@eventwire/styles/styles.css";\n',
      [page]: 'import "@eventwire/styles/styles.css";\n',
    });
    expect(broken).toContain(`import-direction ${core}`);
    expect(broken).not.toContain(`import-direction ${page}`);
  });

  it("refuses a dependency the wrong way", () => {
    const changed = publishedManifest("core", { devDependencies: { "@eventwire/wire": "0.0.0" } });
    expect(rulesBrokenBy({ [manifest]: changed })).toContain(`import-direction ${manifest}`);
  });

  it("refuses a published package that has no layer", () => {
    const file = "packages/novel/package.json";
    expect(rulesBrokenBy({ [file]: publishedManifest("novel") })).toContain(`import-direction ${file}`);
  });
});

describe("the doors of packages", () => {
  it.each([
    ["a path into another package", 'import "../../wire/src/index.js";\n'],
    ["a path out of the package", 'import "../../elsewhere.js";\n'],
    ["a subpath that is not exported", 'import "@eventwire/core/src/bus.js";\n'],
  ])("refuse %s", (_, text) => {
    expect(rulesBrokenBy({ [core]: text })).toContain(`deep-import ${core}`);
  });

  it("refuse a package that the manifest does not list", () => {
    expect(rulesBrokenBy({ [core]: 'export * from "zod";\n' })).toContain(`undeclared-import ${core}`);
  });

  it("refuse what only the root installs, except in tests", () => {
    const test = "packages/core/src/probe.test.ts";
    const broken = rulesBrokenBy({ [core]: 'import "vitest";\n', [test]: 'import "vitest";\n' });
    expect(broken).toContain(`undeclared-import ${core}`);
    expect(broken).not.toContain(`undeclared-import ${test}`);
  });
});

describe("the inner packages", () => {
  it.each([
    ["a node: module", 'import "node:fs";\n'],
    ["a module of Node's without the prefix", 'import { join } from "path";\nexport { join };\n'],
    ["a node: module that is loaded later", 'export const later = () => import("node:fs");\n'],
    ["process", "export const platform = process.platform;\n"],
    ["process as a member of the global object", "export const platform = (globalThis as any).process;\n"],
    ["process behind an ambient declaration", "declare const process: unknown;\nexport const p = process;\n"],
    ["Buffer", "export const empty = { Buffer };\n"],
  ])("know no platform: %s", (_, text) => {
    expect(rulesBrokenBy({ [core]: text })).toContain(`neutral ${core}`);
  });

  it.each([
    ["setTimeout", "setTimeout(() => 1, 1);\n"],
    ["setInterval", "export const every = setInterval;\n"],
    ["setImmediate", "globalThis.setImmediate(() => 1);\n"],
    ["queueMicrotask", "queueMicrotask(() => 1);\n"],
    ["performance.now", "export const now = performance.now();\n"],
    ["Date.now", "export const now = Date.now;\n"],
    ["new Date", "export const now = new Date();\n"],
    ["Date()", "export const now = Date();\n"],
    ["a destructured Date", "export const { now } = Date;\n"],
    ["Math.random", "export const chance = Math.random();\n"],
    ["crypto.randomUUID", "export const id = crypto.randomUUID();\n"],
    ["crypto.getRandomValues", "export const id = globalThis.crypto.getRandomValues(new Uint8Array(1));\n"],
    ["MessageChannel", "export const channel = new MessageChannel();\n"],
    ["AbortSignal.timeout", "export const signal = AbortSignal.timeout(1);\n"],
    ["the global object as a whole", "export const { setTimeout } = globalThis;\n"],
  ])("take %s from the runtime", (_, text) => {
    expect(rulesBrokenBy({ [core]: text })).toContain(`injected ${core}`);
  });

  it.each([
    ["a comment or a string", '// Date.now()\nexport const text = "setTimeout";\n'],
    ["a parameter of that name", "export const run = (setTimeout: () => void) => setTimeout();\n"],
    ["a property of that name", "export const run = (clock: { performance: 1 }) => clock.performance;\n"],
    ["a type", "export type Timer = ReturnType<typeof setTimeout> | Date;\n"],
    ["a date of a given time", "export const at = (time: number) => new Date(time);\n"],
    ["a test of a value's class", "export const is = (value: unknown) => value instanceof Date;\n"],
    ["arithmetic", "export const most = Math.max(1, 2);\n"],
  ])("may hold %s", (_, text) => {
    expect(rulesBrokenBy({ [core]: text })).toEqual([]);
  });

  it("may use timers in their tests, and other packages anywhere", () => {
    const text = "setTimeout(() => process.pid, Date.now());\n";
    const files = { "packages/core/src/probe.test.ts": text, "packages/socket.io/src/probe.ts": text };
    expect(rulesBrokenBy(files)).toEqual([]);
  });
});

describe("the names of files", () => {
  it.each([
    "packages/core/src/utils.ts",
    "packages/core/src/string-helpers.ts",
    "apps/chat/src/common/bus.ts",
    "packages/core/src/eventBus.ts",
    "packages/core/src/errors/index.ts",
  ])("refuse %s", (file) => {
    expect(rulesBrokenBy({ [file]: "export {};\n" })).toContain(`file-name ${file}`);
  });
});

describe("the shape of packages", () => {
  it.each([
    ["another version", { version: "0.0.1" }],
    ["another licence", { license: "ISC" }],
    ["side effects", { sideEffects: true }],
    ["CommonJS", { type: "commonjs" }],
    ["other engines", { engines: { node: ">=18" } }],
    ["tests among its files", { files: ["dist", "src"] }],
    ["an install script", { scripts: { build: "tsup", postinstall: "node x.js" } }],
    ["no export", { exports: {} }],
    ["an export without types", { exports: { ".": { default: "./dist/index.js" } } }],
  ])("refuses %s", (_, changes) => {
    const file = "packages/wire/package.json";
    const dependencies = { "@eventwire/core": "0.0.0" };
    expect(rulesBrokenBy({ [file]: publishedManifest("wire", { dependencies, ...changes }) })).toContain(
      `package-shape ${file}`,
    );
  });

  it("refuses a missing file and a licence of its own", () => {
    rmSync(join(root, "packages/core/README.md"));
    plant(root, { "packages/core/LICENSE": "Mine.\n" });
    expect(findViolations(root).map(({ message }) => message)).toEqual([
      "README.md is missing",
      "LICENSE differs from the root's",
    ]);
  });
});

describe("versions", () => {
  it.each(["^1.0.0", "1.x", "latest", "*"])("refuse %s", (version) => {
    const changed = publishedManifest("core", { dependencies: { zod: version } });
    expect(rulesBrokenBy({ [manifest]: changed })).toEqual([`exact-version ${manifest}`]);
  });

  it("may be ranges for peers", () => {
    expect(
      rulesBrokenBy({ [manifest]: publishedManifest("core", { peerDependencies: { rxjs: "^7.0.0" } }) }),
    ).toEqual([]);
  });

  it("are locked without a place to download from", () => {
    const text = '{\n"resolved": "https://example.test/a.tgz"\n}\n';
    expect(rulesBrokenBy({ "package-lock.json": text })).toEqual(["lock-file package-lock.json"]);
  });
});

describe("what is written down", () => {
  it.each([
    ["a path of one machine", ["", "home", "ann", "eventwire"].join("/")],
    ["a registry", ["registry", "example", "org"].join(".")],
    ["a path out of the repository", ["..", "..", "elsewhere"].join("/")],
    ["a page that is not there", `see ${["..", "absent.md"].join("/")}`],
    ["a link that leads nowhere", "[this](absent.md)"],
  ])("names no %s", (_, text) => {
    expect(rulesBrokenBy({ "docs/page.md": `${text}\n` })).toEqual(["portable-text docs/page.md"]);
  });

  it("may link to pages, anchors and the web", () => {
    const text = "[a](../LICENSE) [b](#here) [c](https://example.test/home/x) [d](other.md#there)\n";
    expect(rulesBrokenBy({ "docs/page.md": text, "docs/other.md": "# There\n" })).toEqual([]);
  });
});
