import { defineContract, event, request } from "@eventwire/core";
import { z } from "zod";

/** What a test and its threads say to each other. */
export const mill = defineContract({
  "grain.poured": event(z.number(), { from: "both" }),
  "flour.milled": event(z.object({ grain: z.number(), at: z.date() }), {
    from: "both",
    key: (flour) => flour.grain,
  }),
  "flour.count": request({ input: z.object({}), output: z.number() }),
  /** Ends the thread by an error that nobody catches, in the middle of its work. */
  "stone.break": request({ input: z.object({}), output: z.null() }),
  /** Keeps the thread from doing anything else for so long, in milliseconds. */
  "stone.turn": request({ input: z.number(), output: z.literal("turned") }),
});
