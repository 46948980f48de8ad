import { library } from "../../tsup.base.js";

export default library([
  "src/index.ts",
  "src/behaviour.ts",
  "src/broker.ts",
  "src/link.ts",
  "src/outbox.ts",
  "src/protocol.ts",
]);
