import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { brokerBugs } from "../../fixtures/broker-bugs.js";
import { withLists } from "../../fixtures/conformance-page.js";
import { linkBugs } from "../../fixtures/link-bugs.js";

const path = fileURLToPath(new URL("../../../../docs/conformance.md", import.meta.url));

// Written anew by vitest's option -u.
it("is a page whose lists of cases and planted bugs are those of the suites", async () => {
  await expect(withLists(readFileSync(path, "utf8"))).toMatchFileSnapshot(path);
});

it("counts the planted bugs as they are", () => {
  const page = readFileSync(path, "utf8");
  expect(page).toContain(`${linkBugs.length} planted bugs in links and ${brokerBugs.length} in brokers`);
});
