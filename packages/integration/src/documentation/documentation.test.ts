import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { commandFaults } from "./commands.js";
import { type Compilation, compile } from "./compiler.js";
import { readPages } from "./documents.js";
import { modulesOf } from "./modules.js";

const pages = readPages().map(({ path, blocks }) => ({
  path,
  blocks,
  modules: modulesOf({ page: path, blocks }),
}));
let compilation: Compilation;

beforeAll(() => {
  compilation = compile(
    "pages",
    pages.flatMap(({ modules }) => modules),
  );
});

it("finds the README", () => {
  expect(pages.map(({ path }) => path)).toContain("README.md");
});

describe.each(pages)("$path", ({ path, blocks, modules }) => {
  it("has TypeScript that compiles in a strict project", () => {
    const { messages } = compilation;
    expect([...(messages.get(path) ?? []), ...(messages.get("") ?? [])]).toEqual([]);
  });

  it("has commands that exist and JSON that parses", () => {
    for (const { language, code } of blocks) {
      if (language === "sh") expect(commandFaults(code)).toEqual([]);
      if (language === "json") expect(() => JSON.parse(code)).not.toThrow();
    }
  });

  for (const module of modules.filter(({ run }) => run)) {
    it(`runs ${module.file}, and prints what it says`, async () => {
      const file = compilation.builtFile(module);
      const { stdout } = await promisify(execFile)(process.execPath, [file], {
        cwd: dirname(file),
        timeout: 30_000,
      });
      if (module.output !== undefined) expect(stdout.trim()).toBe(module.output);
    });
  }
});
