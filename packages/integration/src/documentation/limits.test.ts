import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits } from "@eventwire/wire";
import { expect, it } from "vitest";
import { repository } from "./documents.js";

it("documents every limit with its default in one table", () => {
  const guide = readFileSync(join(repository, "docs/packages/wire.md"), "utf8");
  const section = guide.slice(guide.indexOf("\n## Limits\n"));
  const rows = [
    ...section.slice(0, section.indexOf("\n## ", 4)).matchAll(/^\| `(\w+)` \| ([\d,]+|Infinity) \|/gm),
  ];
  const documented = rows.map(([, name = "", value = ""]) => [name, Number(value.replaceAll(",", ""))]);
  expect(documented).toEqual(Object.entries(defaultLimits));
});
