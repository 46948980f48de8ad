import { library } from "../../tsup.base.js";

export default library([
  "src/index.ts",
  "src/attach.ts",
  "src/memory.ts",
  "src/project.ts",
  "src/rxjs.ts",
  "src/watch.ts",
]);
