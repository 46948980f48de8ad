import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { withLists } from "../../fixtures/conformance-page.js";

const path = fileURLToPath(new URL("../../../../docs/conformance.md", import.meta.url));

// Written anew by vitest's option -u.
it("is a page whose lists of cases and planted bugs are those of the suites", async () => {
  await expect(withLists(readFileSync(path, "utf8"))).toMatchFileSnapshot(path);
});
