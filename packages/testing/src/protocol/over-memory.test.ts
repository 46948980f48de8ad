import {
  serveProtocol as createHarness,
  memoryProtocol as features,
} from "../../fixtures/memory-protocol.js";
import { testProtocol } from "./test-protocol.js";

testProtocol("a server in memory", { features, createHarness });
