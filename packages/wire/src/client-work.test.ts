import { expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";

/** The ref of a question of a kind, once it was asked, and what was asked. */
async function asked(link: FakeLink, kind: string): Promise<readonly unknown[]> {
  const said: (readonly unknown[])[] = [];
  return vi.waitFor(() => {
    said.push(...link.take());
    const question = said.find(([type, , what]) => type === "request" && what === `eventwire/${kind}`);
    expect(question).toBeDefined();
    return question!;
  });
}

it("says what became of a task that came with the end of its link once the next server knows the worker", async () => {
  const { bus, runtime, errors, welcome } = startBuildingClient();
  const link = await welcome();
  const begun: unknown[] = [];
  bus.work("order.pack", (order, { attempt }) => void begun.push([order, attempt]));
  const [, ref] = await asked(link, "work");
  link.arrive(["streaming", ref], ["item", ref, { type: "held", claims: [] }]);
  const given = { id: "t", token: 1, attempt: 1, time: 0, key: null, data: "a", cause: [] };
  link.arrive(["item", ref, { type: "task", ...given }]);
  // In the same turn: what was given is begun when the link is gone.
  link.close({ code: "Lost", message: "Lost.", retryable: true });
  await vi.waitFor(() => expect(begun).toEqual([["a", 1]]));
  const next = await welcome();
  // Nothing of the task comes before the worker does.
  const [, again] = (await vi.waitFor(async () => {
    await runtime.advance(1_000);
    const [first] = next.take().filter(([type]) => type === "request");
    expect(first?.[2]).toBe("eventwire/work");
    return first!;
  })) as readonly unknown[];
  next.arrive(["streaming", again], ["item", again, { type: "held", claims: [["t", 1]] }]);
  next.arrive(["item", again, { type: "task", ...given }]);
  await runtime.advance(1_000);
  const [, settled, , , said] = await asked(next, "settle");
  expect(said).toMatchObject({ id: "t", token: 1, outcome: { type: "done" } });
  next.arrive(["answer", settled, { held: true }]);
  await runtime.advance(1_000);
  expect(begun).toEqual([["a", 1]]);
  expect(errors).toEqual([]);
});
