import { isBuiltin } from "node:module";
import ts from "typescript";
import { neutral, runtimeFile } from "./layers.mjs";
import { isDevelopment } from "./repository.mjs";
import { importsOf, lineOf, platformNames } from "./sources.mjs";

/** @import { Violation } from "./repository.mjs" */

const nodeNames = new Set(["process", "Buffer", "global", "require", "module", "__dirname", "__filename"]);

const scheduling = new Set([
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
  "queueMicrotask",
  "requestAnimationFrame",
  "requestIdleCallback",
  "scheduler",
  "MessageChannel",
  "performance",
]);

/** Members of platform objects that are time or chance, where the object itself is harmless. */
/** @type {Readonly<Record<string, readonly string[]>>} */
const members = {
  Date: ["now"],
  Math: ["random"],
  crypto: ["randomUUID", "getRandomValues"],
  AbortSignal: ["timeout"],
};

/** Names that would hide any of the above when taken as a whole. */
const wholes = new Set(["globalThis", "window", "self", "crypto"]);

/**
 * The inner packages run anywhere: no module and no global of Node's. Time, chance and scheduling come from the injected
 * runtime, whose default is one file, so that a virtual clock governs all of it.
 *
 * @param {ReturnType<typeof import("./sources.mjs").parseSources>} parsed
 * @returns {Violation[]}
 */
export function neutrality({ sources, checker, path }) {
  return sources.flatMap((source) => {
    const file = path(source);
    if (isDevelopment(file) || !neutral.some((title) => file.startsWith(`packages/${title}/src/`))) return [];
    const modules = importsOf(source).flatMap(({ specifier, node }) => {
      const builtin = specifier.startsWith("node:") || isBuiltin(specifier);
      if (!builtin) return [];
      return [
        { rule: "neutral", file, line: lineOf(node), message: `imports ${specifier}, which only Node has` },
      ];
    });
    const names = platformNames(source, checker).flatMap(({ name, node }) => {
      if (nodeNames.has(name)) {
        return [{ rule: "neutral", file, line: lineOf(node), message: `uses ${name}, which only Node has` }];
      }
      const taken = file === runtimeFile ? undefined : injected(name, node);
      if (!taken) return [];
      const message = `uses ${taken}; take it from the injected runtime`;
      return [{ rule: "injected", file, line: lineOf(node), message }];
    });
    return [...modules, ...names];
  });
}

/**
 * What a use of a platform name takes of time, chance or scheduling, if anything.
 *
 * @param {string} name
 * @param {ts.Expression} node
 * @returns {string | undefined}
 */
function injected(name, node) {
  if (scheduling.has(name)) return name;
  const { parent } = node;
  const member =
    ts.isPropertyAccessExpression(parent) && parent.expression === node ? parent.name.text : undefined;
  if (member !== undefined) return members[name]?.includes(member) ? `${name}.${member}` : undefined;
  if (name === "Date") {
    if (ts.isNewExpression(parent) && (parent.arguments ?? []).length === 0) return "new Date()";
    if (ts.isCallExpression(parent) && parent.expression === node) return "Date()";
  }
  if (members[name] && isDestructured(node)) return `the members of ${name}`;
  return wholes.has(name) ? `the whole of ${name}` : undefined;
}

/** @param {ts.Expression} node */
function isDestructured(node) {
  const { parent } = node;
  return ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name);
}
