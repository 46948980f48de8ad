import type { Contract } from "./contract.js";

/**
 * Any bus of a contract. The compiler is to look at no more of it: to find the contract through all that a bus can do takes
 * it 50 ms at each use, where the contract has 300 events.
 */
export interface BusOf<C extends Contract> {
  readonly contract: C;
}
