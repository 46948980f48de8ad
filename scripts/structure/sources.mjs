import { join, relative, sep } from "node:path";
import ts from "typescript";

/** @import { Repository } from "./repository.mjs" */

/**
 * The parsed sources of a repository. Nothing is resolved and no library is loaded: a name that no source declares is
 * one of the platform's.
 *
 * @param {Repository} repository
 */
export function parseSources(repository) {
  const files = repository.files.filter((file) => /^(packages|apps)\/.*\.(ts|tsx|mts|cts)$/.test(file));
  const program = ts.createProgram(
    files.map((file) => join(repository.root, file)),
    {
      noLib: true,
      noResolve: true,
      types: [],
      target: ts.ScriptTarget.ESNext,
      jsx: ts.JsxEmit.Preserve,
      moduleDetection: ts.ModuleDetectionKind.Force,
    },
  );
  const checker = program.getTypeChecker();
  const sources = files.flatMap((file) => {
    const source = program.getSourceFile(join(repository.root, file));
    return source ? [source] : [];
  });
  return {
    checker,
    sources,
    /** @param {ts.SourceFile} source */
    path: (source) => relative(repository.root, source.fileName).split(sep).join("/"),
  };
}

/**
 * @param {ts.Node} node
 * @returns {number} Counted from 1.
 */
export function lineOf(node) {
  const source = node.getSourceFile();
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

/**
 * Every module that a source names: by import, export, `import()`, `require()` or an import type.
 *
 * @param {ts.SourceFile} source
 * @returns {{ specifier: string; node: ts.Node }[]}
 */
export function importsOf(source) {
  /** @type {{ specifier: string; node: ts.Node }[]} */
  const found = [];
  /** @param {ts.Node | undefined} node */
  const add = (node) => {
    if (node && ts.isStringLiteralLike(node)) found.push({ specifier: node.text, node });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && isModuleCall(node.expression)) add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * Every use of a name as a value that no source declares, so that the platform must: `performance`, but not a local of
 * that name, nor a type. `globalThis.performance` counts as `performance`.
 *
 * @param {ts.SourceFile} source
 * @param {ts.TypeChecker} checker
 * @returns {{ name: string; node: ts.Expression }[]}
 */
export function platformNames(source, checker) {
  /** @type {{ name: string; node: ts.Expression }[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    if (ts.isIdentifier(node) && isValue(node) && !isDeclared(node, checker)) found.push(throughGlobal(node));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The names of the platform's global object. */
const globalObjects = new Set(["globalThis", "window", "self", "global"]);

/**
 * @param {ts.Identifier} node
 * @returns {{ name: string; node: ts.Expression }}
 */
function throughGlobal(node) {
  /** @type {ts.Node} */
  let object = node;
  while (ts.isAsExpression(object.parent) || ts.isParenthesizedExpression(object.parent))
    object = object.parent;
  const { parent } = object;
  if (globalObjects.has(node.text) && ts.isPropertyAccessExpression(parent) && parent.expression === object) {
    return { name: parent.name.text, node: parent };
  }
  return { name: node.text, node };
}

/** @param {ts.Expression} callee */
function isModuleCall(callee) {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require")
  );
}

/**
 * Whether an identifier stands for a value, rather than naming a property, a label or something being declared.
 *
 * @param {ts.Identifier} node
 */
function isValue(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isQualifiedName(parent))
    return false;
  if (ts.isJsxAttribute(parent) || ts.isMetaProperty(parent)) return false;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return !("name" in parent && parent.name === node);
}

/**
 * Whether a source declares the name. An ambient declaration (`declare const process`) only describes what the
 * platform has, so it does not count.
 *
 * @param {ts.Identifier} node
 * @param {ts.TypeChecker} checker
 */
function isDeclared(node, checker) {
  const symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node);
  return (symbol?.declarations ?? []).some(
    (declaration) => !(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Ambient),
  );
}
