import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "./command.js";
import { packagesWithInstallScripts } from "./install-scripts.js";
import { installProject } from "./project.js";
import { packAll, repository, type Tarball } from "./tarballs.js";

let folder: string;
let project: string;
let tarballs: readonly Tarball[];

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "eventwire-packaging-")));
  tarballs = await packAll(folder);
  project = mkdtempSync(join(folder, "project-"));
  await installProject(project, tarballs);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a packed package", () => {
  it("holds a build, its sources, a README and the licence", () => {
    const parts = [
      "LICENSE",
      "README.md",
      "package.json",
      "dist/index.js",
      "dist/index.d.ts",
      "src/index.ts",
    ];
    const missing = tarballs.flatMap(({ name, contents }) =>
      parts.filter((part) => !contents.includes(part)).map((part) => `${name}/${part}`),
    );
    expect(missing).toEqual([]);
  });

  it("holds no tests and no configuration", () => {
    const all = tarballs.flatMap(({ name, contents }) => contents.map((path) => `${name}/${path}`));
    expect(all.filter((path) => /\.(test|test-d|config)\.|tsconfig|\.turbo/.test(path))).toEqual([]);
  });

  it("brings nothing that runs a script when it is installed", () => {
    const names = tarballs.map(({ name }) => name);
    expect(packagesWithInstallScripts(project, names)).toEqual([]);
  });
});

describe("installed in an empty project, the packages", () => {
  it("work as ES modules", async () => {
    expect(await command(project, process.execPath, ["esm.mjs"])).toBe("done\n");
  });

  it("join a server and a client over a real port", async () => {
    expect(await command(project, process.execPath, ["socket.mjs"])).toBe("done\n");
  });

  it("join a server and a client over a WebSocket", async () => {
    expect(await command(project, process.execPath, ["websocket.mjs"])).toBe("done\n");
  });

  it("join a thread and the one that started it", async () => {
    expect(await command(project, process.execPath, ["thread.mjs"])).toBe("done\n");
  });

  it("work from CommonJS", async () => {
    expect(await command(project, process.execPath, ["commonjs.cjs"])).toBe("done\n");
  });

  it("open every door that their manifests name", async () => {
    // The test kit needs a test runner around it, and has a test of its own below.
    const doors = tarballs
      .filter(({ name }) => name !== "@eventwire/testing")
      .flatMap(({ name, manifest }) =>
        Object.keys(manifest.exports ?? {}).map((door) => name + door.slice(".".length)),
      );
    const program = `for (const door of ${JSON.stringify(doors)}) require(door);`;
    await command(project, process.execPath, ["--eval", program]);
    expect(doors).toContain("@eventwire/core/rxjs");
  });

  it("bring a test kit that runs under vitest", async () => {
    const vitest = join(project, "node_modules/vitest/vitest.mjs");
    const output = await command(project, process.execPath, [
      vitest,
      "run",
      "--reporter=json",
      "kit.test.mjs",
    ]);
    expect(JSON.parse(output)).toMatchObject({ success: true, numPassedTests: 1 });
  });

  it.each([
    ["Node", ["--module", "nodenext"]],
    ["a bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
  ])("type-check strictly as %s resolves them, their declarations included", async (_, resolution) => {
    const compiler = join(repository, "node_modules/typescript/bin/tsc");
    const strict = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false", "--noEmit"];
    const target = [
      "--target",
      "es2022",
      "--lib",
      "es2023,esnext.disposable,dom,dom.iterable",
      "--types",
      "node",
    ];
    await command(project, process.execPath, [compiler, ...strict, ...target, ...resolution, "strict.ts"]);
  });

  it("run in a browser, bundled, without anything of Node's", async () => {
    const { outputFiles } = await build({
      entryPoints: [join(project, "browser.ts")],
      bundle: true,
      write: false,
      platform: "browser",
      format: "iife",
      logLevel: "silent",
    });
    const browser = createContext({
      ...{
        setTimeout,
        clearTimeout,
        queueMicrotask,
        performance,
        crypto,
        MessageChannel,
        AbortController,
        AbortSignal,
      },
      ...{ TextEncoder, TextDecoder, URL, Event, EventTarget, DOMException, console },
    });
    runInContext(outputFiles[0]?.text ?? "", browser);
    expect([...browser.heard].sort()).toEqual(["a", "a streamed"]);
    expect(typeof browser.connect).toBe("function");
    expect(typeof browser.connectWebSocket).toBe("function");
    expect(typeof browser.connectWorker).toBe("function");
    expect(typeof browser.indexedDb).toBe("function");
  });
});
