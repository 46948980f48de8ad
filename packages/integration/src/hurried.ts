import { type Runtime, systemRuntime } from "@eventwire/core";

/** The platform's runtime, but that nobody is waited for longer than a tenth of the time. */
export const hurried: Runtime = {
  ...systemRuntime,
  timer: (callback, milliseconds) => systemRuntime.timer(callback, milliseconds / 10),
};
