/** How late a flight is, in the four steps that the map, the board and the charts colour alike. */
export type DelayLevel = "prompt" | "minor" | "late" | "severe";

/** The steps with what they mean, the least delay first. */
export const DELAY_LEVELS: readonly { readonly level: DelayLevel; readonly label: string }[] = [
  { level: "prompt", label: "On time" },
  { level: "minor", label: "1–15 min" },
  { level: "late", label: "16–60 min" },
  { level: "severe", label: "Over 1 h" },
];

/** The step of a delay in minutes; an early flight is on time. */
export function delayLevel(minutes: number): DelayLevel {
  if (minutes <= 0) return "prompt";
  if (minutes <= 15) return "minor";
  return minutes <= 60 ? "late" : "severe";
}
