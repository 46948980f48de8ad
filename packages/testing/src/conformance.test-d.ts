import { describe, it } from "vitest";
import { type BrokerHarness, type BrokerTraits, testBroker } from "./broker.js";
import { type LinkFeatures, type LinkHarness, testLink } from "./link.js";

declare const features: LinkFeatures;
declare const traits: BrokerTraits;
declare const harness: LinkHarness;
declare const brokers: BrokerHarness;

describe("what an adapter declares", () => {
  it("is every feature, true or with the reason why not", () => {
    const { pausable, ...others } = features;
    testLink("memory", { features: { ...others, pausable: true }, createHarness: () => harness });
    const because = "its buffers cannot be held";
    testLink("memory", {
      features: { ...others, pausable: { value: false, because } },
      createHarness: async () => harness,
    });
    // @ts-expect-error One is not declared.
    testLink("memory", { features: others, createHarness: () => harness });
    // @ts-expect-error It has no reason.
    testLink("memory", { features: { ...others, pausable: false }, createHarness: () => harness });
    // @ts-expect-error Its reason is missing.
    testLink("memory", { features: { ...others, pausable: { value: false } }, createHarness: () => harness });
    const known: LinkFeatures = {
      ...features,
      // @ts-expect-error Nothing of that name is tested.
      pauseable: pausable,
    };
    void known;
  });

  it("is of its own port", () => {
    // @ts-expect-error A broker has other features than a link.
    testBroker("memory", { features, createHarness: () => brokers });
    // @ts-expect-error A link has other features than a broker.
    testLink("memory", { features: traits, createHarness: () => harness });
  });

  it("comes with a harness that is whole", () => {
    const { unreachable, ...rest } = harness;
    void unreachable;
    // @ts-expect-error It has no client that finds no server.
    testLink("memory", { features, createHarness: () => rest });
  });
});
