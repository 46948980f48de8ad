import { library } from "../../tsup.base.js";

export default library(["src/index.ts", "src/file.ts", "src/indexeddb.ts", "src/source.ts"]);
