import { defineContract, event, request } from "@eventwire/core";
import * as v from "valibot";

/** What pages, workers and tabs say to each other. */
export const desk = defineContract({
  "note.written": event(v.object({ text: v.string(), at: v.date() }), { from: "both" }),
  "note.count": request({ input: v.object({}), output: v.number() }),
  "peer.count": request({ input: v.object({}), output: v.number() }),
  /** Ends the worker as a crash would, without a word. */
  "worker.end": request({ input: v.object({}), output: v.null() }),
});
