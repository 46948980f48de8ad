export { OutboxUnavailableError, type OutboxUnavailableReason } from "@eventwire/outbox";
export { file } from "@eventwire/outbox/file";
