export { SharedConnections } from "./shared-connections.js";
export { socketSource } from "./socket-source.js";
export { urlSource } from "./url-source.js";
