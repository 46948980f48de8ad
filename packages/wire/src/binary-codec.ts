/** What a client loads when its server reads MessagePack. */
export { Binary } from "./binary.js";
export { BinaryReader } from "./binary-reader.js";
