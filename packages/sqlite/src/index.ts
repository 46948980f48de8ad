export type { Retention } from "./messages.js";
export { type SqliteBroker, type SqliteOptions, sqlite } from "./sqlite.js";
export { StoreError, type StoreErrorCode } from "./store-error.js";
