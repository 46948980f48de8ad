/** A fenced block of code in a document. */
export interface Block {
  /** The line of the document, counted from 1, on which its code begins. */
  readonly line: number;
  /** As the fence names it, such as `ts`; empty when it names none. */
  readonly language: string;
  readonly code: string;
  /** What the comment above it says, `<!-- block: name=quick-start file=server.ts run -->`. */
  readonly directive: Directive;
  /** What running it prints: the `text` block or `<!-- output: ... -->` that follows it. */
  readonly output?: string;
}

export interface Directive {
  /** Blocks of one name are modules of one folder, so that they can import each other. Default: a folder of its own. */
  readonly name?: string;
  /** Its file; blocks of one name and file continue each other. Default: `block.ts`, by its language. */
  readonly file?: string;
  /** Whether it is run as well as checked. */
  readonly run: boolean;
  /** Code that the reader does not see, from the comment's further lines; it comes before the block's own. */
  readonly hidden: string;
}

const none: Directive = { run: false, hidden: "" };

/** A fenced block, a comment, or a line of prose. */
const piece =
  /^(?<indent>[ \t]*)(?<fence>`{3,})(?<language>[\w-]*)[^\n]*\n(?<code>[\s\S]*?)^[ \t]*\k<fence>[ \t]*$|<!--(?<comment>[\s\S]*?)-->|^[^\n]*\S[^\n]*$/gm;

/**
 * Reads the fenced blocks of a Markdown document, in order.
 *
 * @throws {Error} When a directive holds a word that means nothing.
 */
export function readBlocks(document: string): readonly Block[] {
  const blocks: Block[] = [];
  let directive = none;
  const text = document.replaceAll("\r\n", "\n");
  for (const { index, groups = {} } of text.matchAll(piece)) {
    const { indent = "", language = "", code, comment } = groups;
    const printing = blocks.at(-1)?.directive.run ? blocks.at(-1) : undefined;
    const output = comment === undefined ? undefined : /^\s*output:([\s\S]*)$/.exec(comment)?.[1];
    if (code !== undefined && language === "text" && printing && printing.output === undefined) {
      blocks[blocks.length - 1] = { ...printing, output: code.trim() };
    } else if (code !== undefined) {
      const line = text.slice(0, index).split("\n").length + 1;
      blocks.push({ line, language, code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""), directive });
    } else if (output !== undefined && printing) {
      blocks[blocks.length - 1] = { ...printing, output: output.trim() };
    } else if (comment !== undefined) {
      directive = readDirective(comment) ?? directive;
      continue;
    }
    directive = none;
  }
  return blocks;
}

function readDirective(comment: string): Directive | undefined {
  const [first = "", ...hidden] = comment.split("\n");
  const words = /^\s*block:(.*)$/.exec(first)?.[1]?.trim().split(/\s+/);
  if (!words) return undefined;
  let directive: Directive = { run: false, hidden: hidden.join("\n").trim() };
  for (const word of words) {
    const [key, value] = word.split("=");
    if (word === "run") directive = { ...directive, run: true };
    else if ((key === "name" || key === "file") && value) directive = { ...directive, [key]: value };
    else throw new Error(`"${word}" is no part of a block's directive; name=, file= and run are`);
  }
  return directive;
}
