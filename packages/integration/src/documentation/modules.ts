import { posix } from "node:path";
import type { Page } from "./documents.js";

/** A file made of a page's blocks. */
export interface Module {
  readonly page: string;
  /** From the folder that all modules are written to. */
  readonly file: string;
  readonly code: string;
  /** The line of the page that each line of the code comes from; hidden code comes from the line of its block. */
  readonly lines: readonly number[];
  readonly run: boolean;
  /** What running it prints, where the page says so. */
  readonly output?: string;
}

const extensions: Readonly<Record<string, string>> = {
  ts: "ts",
  typescript: "ts",
  js: "js",
  javascript: "js",
};

/** Makes modules of the TypeScript and JavaScript blocks of a page: a folder for each name, a file for each file. */
export function modulesOf({ page, blocks }: { page: string; blocks: Page["blocks"] }): readonly Module[] {
  const modules = new Map<string, Module>();
  for (const { language, directive, code, line, output } of blocks) {
    const extension = extensions[language];
    if (extension === undefined) continue;
    const folder = directive.name ?? `line-${line}`;
    const file = posix.join(page.replace(/\.md$/, ""), folder, directive.file ?? `block.${extension}`);
    const hidden = directive.hidden === "" ? [] : directive.hidden.split("\n");
    const visible = code.replace(/\n$/, "").split("\n");
    const before = modules.get(file);
    modules.set(file, {
      page,
      file,
      code: [...(before ? [before.code] : []), ...hidden, ...visible].join("\n"),
      lines: [
        ...(before?.lines ?? []),
        ...hidden.map(() => line),
        ...visible.map((_, index) => line + index),
      ],
      run: directive.run || before?.run === true,
      ...(output === undefined ? before?.output !== undefined && { output: before.output } : { output }),
    });
  }
  return [...modules.values()];
}
