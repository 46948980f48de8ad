export { socketServerSource } from "./socket-server-source.js";
export { socketSource } from "./socket-source.js";
export { upgradeSource } from "./upgrade-source.js";
