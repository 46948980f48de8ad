import { vi } from "vitest";

/**
 * Has `vi.waitFor` wait twenty seconds in place of one: on a machine that others use as well, what comes may come late. What never
 * comes is found all the same.
 */
const { waitFor } = vi;
vi.waitFor = (condition, options) =>
  waitFor(condition, { timeout: 20_000, ...(typeof options === "number" ? { timeout: options } : options) });
