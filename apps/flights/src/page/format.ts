const time = new Intl.DateTimeFormat("en-US", {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: "UTC",
});
const day = new Intl.DateTimeFormat("en-US", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const count = new Intl.NumberFormat("en-US");

/** A simulated moment as a time of day, such as `08:42`. */
export const formatTime = (simulated: number): string => time.format(simulated);
/** A simulated moment as a day, such as `Mon, Jan 1, 2001`. */
export const formatDay = (simulated: number): string => day.format(simulated);
/** A whole number with its thousands apart. */
export const formatCount = (value: number): string => count.format(Math.round(value));

/** A mean in minutes, to a tenth. What rounds to nothing has no sign. */
export const formatMean = (minutes: number): string => (Math.round(minutes * 10) / 10 + 0).toFixed(1);

/** A delay in minutes as a reader says it: `+1 h 05`, `+12 min`, `on time`, `4 min early`. */
export function formatDelay(minutes: number): string {
  if (minutes === 0) return "On time";
  if (minutes < 0) return `${-minutes} min early`;
  if (minutes < 60) return `+${minutes} min`;
  return `+${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}
