import { library } from "../../tsup.base.js";

export default library(
  ["src/index.ts", "src/inbox.ts", "src/outbox.ts"],
  ["src/thread/thread.ts", "src/thread/backup.ts"],
);
