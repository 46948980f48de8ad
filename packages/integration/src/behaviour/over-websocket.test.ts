import { testBehaviour } from "@eventwire/testing/behaviour";
import { webSocketHarness } from "./websocket-harness.js";

testBehaviour("over WebSocket", { features: { boundary: true }, createHarness: () => webSocketHarness() });
