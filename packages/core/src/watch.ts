export { type States, type StatesSchemas, states } from "./watch/states.js";
export { type Watched, type WatchedName, type WatchOptions, watch } from "./watch/watch.js";
export { type WatchingContext, type WatchingOptions, watching } from "./watch/watching.js";
