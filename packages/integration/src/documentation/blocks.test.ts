import { describe, expect, it } from "vitest";
import { readBlocks } from "./blocks.js";

const document = (...lines: string[]) => lines.join("\n");

describe("readBlocks", () => {
  it("finds each block with its language and line", () => {
    const blocks = readBlocks(
      document("# Title", "", "```ts", "one;", "```", "prose", "", "```", "two", "```"),
    );
    expect(blocks).toMatchObject([
      { language: "ts", code: "one;\n", line: 4, directive: { run: false } },
      { language: "", code: "two\n", line: 9 },
    ]);
  });

  it("takes the indentation of a list off", () => {
    expect(readBlocks(document("- item", "  ```ts", "  if (a)", "    b;", "  ```"))).toMatchObject([
      { code: "if (a)\n  b;\n" },
    ]);
  });

  it("reads the directive above a block, and only for that block", () => {
    const blocks = readBlocks(
      document(
        "<!-- block: name=start file=a.ts run -->",
        "",
        "```ts",
        "a;",
        "```",
        "",
        "```ts",
        "b;",
        "```",
      ),
    );
    expect(blocks.map(({ directive }) => directive)).toEqual([
      { name: "start", file: "a.ts", run: true, hidden: "" },
      { run: false, hidden: "" },
    ]);
  });

  it("reads hidden code from the further lines of a directive", () => {
    const [block] = readBlocks(
      document("<!-- block: run", "declare const a: 1;", "-->", "```ts", "a;", "```"),
    );
    expect(block?.directive).toEqual({ run: true, hidden: "declare const a: 1;" });
  });

  it("forgets a directive that prose parts from its block", () => {
    expect(readBlocks(document("<!-- block: run -->", "prose", "```ts", "a;", "```"))[0]?.directive.run).toBe(
      false,
    );
  });

  it.each([
    ["a text block", ["```text", "printed", "```"]],
    ["a comment", ["<!-- output: printed -->"]],
  ])("takes %s after a block that is run for its output", (_, after) => {
    const blocks = readBlocks(
      document("<!-- block: run -->", "```ts", "a;", "```", "", "It prints:", "", ...after),
    );
    expect(blocks).toMatchObject([{ language: "ts", output: "printed" }]);
  });

  it("leaves a text block after one that is not run alone", () => {
    expect(readBlocks(document("```ts", "a;", "```", "```text", "b", "```"))).toHaveLength(2);
  });

  it("refuses a directive that it does not know", () => {
    expect(() => readBlocks(document("<!-- block: skip -->", "```ts", "a;", "```"))).toThrow('"skip"');
  });
});
