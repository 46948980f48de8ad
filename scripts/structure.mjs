// `node scripts/structure.mjs`: the rules of scripts/structure/, as `npm run check` runs them.
import { root } from "./run.mjs";
import { findViolations } from "./structure/rules.mjs";

const violations = findViolations(root);
for (const { rule, file, line, message } of violations) {
  console.log(`${file}${line === undefined ? "" : `:${line}`}  ${rule}: ${message}`);
}
console.log(violations.length === 0 ? "The structure holds." : `${violations.length} violations.`);
process.exitCode = violations.length === 0 ? 0 : 1;
