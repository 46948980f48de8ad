import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { readBlocks } from "./blocks.js";
import { compile } from "./compiler.js";
import { modulesOf } from "./modules.js";

const read = (...lines: string[]) => modulesOf({ page: "page.md", blocks: readBlocks(lines.join("\n")) });

it("tells of a wrong type on the line of the page that has it", () => {
  const modules = read(
    "Prose.",
    "<!-- block: name=start file=a.ts",
    "export const hidden = 1;",
    "-->",
    "```ts",
    "export const a: string = hidden;",
    "```",
    "```ts",
    'import { absent } from "@eventwire/core";',
    "absent();",
    "```",
  );
  expect(compile("compiler-test", modules).messages.get("page.md")?.toSorted()).toEqual([
    "page.md:6 Type 'number' is not assignable to type 'string'.",
    expect.stringContaining("page.md:9 Module '\"@eventwire/core\"' has no exported member 'absent'"),
  ]);
});

it("joins blocks of one file, lets files of one name import each other, and leaves JavaScript that runs", () => {
  const modules = read(
    "<!-- block: name=start file=a.ts -->",
    "```ts",
    "export const a = 1;",
    "```",
    "And then:",
    "<!-- block: name=start file=a.ts -->",
    "```ts",
    "export const b: number = a + 1;",
    "```",
    "<!-- block: name=start file=main.ts run -->",
    "```ts",
    'import { a, b } from "./a.js";',
    "console.log(a + b);",
    "```",
    "<!-- output: 3 -->",
  );
  const compilation = compile("compiler-test", modules);
  const main = modules.find(({ run }) => run);
  expect([...compilation.messages.values()]).toEqual([]);
  expect(main?.output).toBe("3");
  expect(main && execFileSync(process.execPath, [compilation.builtFile(main)], { encoding: "utf8" })).toBe(
    "3\n",
  );
});
