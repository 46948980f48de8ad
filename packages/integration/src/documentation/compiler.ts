import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { repository } from "./documents.js";
import type { Module } from "./modules.js";

/** Where modules are written: inside a workspace, so that they resolve packages as an app's files would. */
const workspace = join(repository, "packages/integration/.cache");

const options: ts.CompilerOptions = {
  strict: true,
  allowJs: true,
  checkJs: true,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: ["node"],
  skipLibCheck: true,
};

/** Modules that were compiled. */
export interface Compilation {
  /** What the compiler says, by page, each with the page's line; under "" what concerns no page. */
  readonly messages: ReadonlyMap<string, readonly string[]>;
  /** The JavaScript that a module was compiled to. */
  builtFile(module: Module): string;
}

/**
 * Compiles modules as a user's strict project would, against the built packages.
 *
 * @param name Of the folder that they are written to, which is emptied first.
 */
export function compile(name: string, modules: readonly Module[]): Compilation {
  const folder = join(workspace, name);
  const built = join(folder, "built");
  rmSync(folder, { recursive: true, force: true });
  const byFile = new Map(modules.map((module) => [join(folder, module.file), module]));
  for (const [file, { code }] of byFile) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
  const program = ts.createProgram([...byFile.keys()], { ...options, rootDir: folder, outDir: built });
  program.emit();
  const messages = new Map<string, string[]>();
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    const module = file && byFile.get(file.fileName);
    const page = module?.page ?? "";
    const line = module && file ? module.lines[file.getLineAndCharacterOfPosition(start).line] : 0;
    const message = `${page}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    messages.set(page, [...(messages.get(page) ?? []), message]);
  }
  return { messages, builtFile: ({ file }) => join(built, file.replace(/\.ts$/, ".js")) };
}
