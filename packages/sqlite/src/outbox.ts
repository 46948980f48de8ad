export type { Connection, ConnectionStatement } from "./connection.js";
export { type Outbox, type OutboxOptions, outbox } from "./outbox/create-outbox.js";
export { OutboxRestartedError } from "./outbox/outbox-restarted-error.js";
