import type { checked, text } from "../behaviour/checked.js";

type OfText = ReturnType<typeof checked<ReturnType<typeof text>>>;

/** How much it complains of: more of everything than a failure may tell. */
const complaints = 30;
const words = 2_000;

/** The schema of a text, which complains about all others at length. */
export const fussy: OfText = {
  "~standard": {
    version: 1,
    vendor: "eventwire:testing",
    validate(value) {
      if (typeof value === "string") return { value };
      const path = Array.from({ length: complaints }, () => "p".repeat(words));
      return { issues: Array.from({ length: complaints }, () => ({ message: "m".repeat(words), path })) };
    },
  },
};
