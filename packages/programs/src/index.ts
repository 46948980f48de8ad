export { bundleProgram, type Mutation } from "./bundle-program.js";
export { createFolder } from "./folder.js";
export { ProgramRun } from "./program-run.js";
export { isSaying, type SystemCall, systemCalls } from "./system-calls.js";
