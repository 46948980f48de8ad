import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readBlocks } from "../documentation/blocks.js";
import { repository } from "../documentation/documents.js";

const page = readBlocks(readFileSync(join(repository, "docs/conformance.md"), "utf8"));
const files = readdirSync(import.meta.dirname).filter((file) => file !== "page.test.ts");

it.each(files)("shows %s as it is run here", (file) => {
  const code = readFileSync(join(import.meta.dirname, file), "utf8");
  expect(page.find(({ directive }) => directive.file === file)?.code).toBe(code);
});

it("shows a link adapter of less than sixty lines of code", () => {
  const lines = readFileSync(join(import.meta.dirname, "tcp-links.ts"), "utf8").split("\n");
  const code = lines.filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/\*\*)/.test(line));
  expect(code.length).toBeLessThan(60);
});
