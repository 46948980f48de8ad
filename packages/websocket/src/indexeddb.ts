export { OutboxUnavailableError, type OutboxUnavailableReason } from "@eventwire/outbox";
export { type IndexedDbOptions, indexedDb } from "@eventwire/outbox/indexeddb";
