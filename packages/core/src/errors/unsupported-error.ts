import { EventwireError } from "@eventwire/queue";

/** What was asked for needs an ability that this bus does not have. */
export class UnsupportedError extends EventwireError {
  readonly code = "Unsupported";
}
