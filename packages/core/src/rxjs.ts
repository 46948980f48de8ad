export type { BusOf } from "./bus-of.js";
export { changes } from "./rxjs/changes.js";
export { join } from "./rxjs/join.js";
export type { KeyedEventName } from "./rxjs/keyed-events.js";
export { latest } from "./rxjs/latest.js";
export { perKey } from "./rxjs/per-key.js";
export type { KeptKeys } from "./rxjs/recent-keys.js";
export { stream } from "./rxjs/stream.js";
