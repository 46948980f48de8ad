export {
  OutboxUnavailableError,
  type OutboxUnavailableReason,
} from "./outbox-unavailable-error.js";
