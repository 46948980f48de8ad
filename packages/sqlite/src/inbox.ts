export type { Connection, ConnectionStatement } from "./connection.js";
export { type Inbox, type InboxListenOptions, type InboxOptions, inbox } from "./inbox/create-inbox.js";
export type { FailedEvent } from "./inbox/failed-events.js";
