export { type MemoryClient, MemoryNetwork, type MemoryNetworkOptions } from "./memory-network.js";
