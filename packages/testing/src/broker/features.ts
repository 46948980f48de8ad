import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";

/** That a broker says of itself what it can do. */
export const features: BrokerChapter = (declare, abilities) => {
  declare("a broker says of itself what is declared of it here", async (stage) => {
    const { trimByName, tasks, signals, transactions } = stage.broker.features;
    // Abilities of tasks are none without tasks.
    const abilitiesOfTasks = ["delay", "priority", "keyOrder", "limits", "after", "results"] as const;
    if (!abilities.tasks)
      for (const ability of abilitiesOfTasks) expect(abilities[ability], ability).toBe(false);
    const { delay, priority, keyOrder, limits, after, results } = tasks;
    expect({
      trimByName,
      tasks: tasks.supported,
      delay,
      priority,
      keyOrder,
      limits,
      after,
      results,
      signals: signals !== "none",
      transactions,
    }).toEqual({
      trimByName: abilities.trimByName,
      tasks: abilities.tasks,
      delay: abilities.delay,
      priority: abilities.priority,
      keyOrder: abilities.keyOrder,
      limits: abilities.limits,
      after: abilities.after,
      results: abilities.results,
      signals: abilities.signals,
      transactions: abilities.transactions,
    });
  });

  if (abilities.clock) {
    declare("time passes as the harness says", async (stage) => {
      const before = stage.now();
      await stage.pass(5_000);
      expect(stage.now() - before, "milliseconds that have passed").toBeGreaterThanOrEqual(5_000);
    });
  } else {
    declare("time passes by itself", async (stage) => {
      expect(stage.harness.clock, "the clock of the harness").toBeUndefined();
    });
  }

  declare("features are of their kinds, and known before a broker is opened", async (stage) => {
    const { features } = await stage.unopened();
    expect(["memory", "process", "power"]).toContain(features.durability);
    expect(["process", "machine", "cluster"]).toContain(features.scope);
    expect(["none", "process", "cluster"]).toContain(features.signals);
    expect(["index", "scan"]).toContain(features.keyRead);
    expect([true, false]).toContain(features.timeIndex);
    expect(features.dedupeWindow).toBeGreaterThanOrEqual(0);
    expect(features.producerWindow).toBeGreaterThanOrEqual(0);
    expect(features.producersPerOwner).toBeGreaterThanOrEqual(1);
    expect(features.maxBodyBytes).toBeGreaterThan(0);
    expect(features).toEqual(stage.broker.features);
  });
};
