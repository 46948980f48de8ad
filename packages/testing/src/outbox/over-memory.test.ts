import { memoryOutboxes } from "../../fixtures/memory-outboxes.js";
import { allOutboxFeatures as features } from "../../fixtures/outbox-abilities.js";
import { testOutboxStore } from "./test-outbox-store.js";

testOutboxStore("outboxes in memory", { features, createHarness: () => memoryOutboxes() });
