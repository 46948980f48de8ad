export { type Missed, type ScheduleOptions, schedule } from "./schedule.js";
