export { clientSource } from "./client-source.js";
export type { Locks } from "./presence.js";
export { serverSource } from "./server-source.js";
