export { socketSource } from "./socket-source.js";
