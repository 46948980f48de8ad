import { attach, type Logged } from "@eventwire/core/attach";
import { expect, it, vi } from "vitest";
import { serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

/** A server whose log answers when the test says so. */
async function serveHeld(rule: (data: unknown) => boolean) {
  const served = serveBuilding({ allow: { emit: { "order.placed": ({ data }) => rule(data) } } });
  const link = await served.connect();
  link.arrive(["produce", 1, "box", 1, 0, null]);
  await vi.waitFor(() => expect(link.take()).toEqual([["producing", 1, 1, false, "me", "memory"]]));
  const { keeper } = attach(served.bus);
  const answers: ((logged: Logged) => void)[] = [];
  keeper.append = () => new Promise((resolve) => answers.push(resolve));
  return { ...served, link, answers };
}

const append = (sequence: number, data: string) => ["append", 1, sequence, "~a.1", "order.placed", data];

it("looks at nothing more until it has told that one is rejected, however often its number comes", async () => {
  const rule = vi.fn((data: unknown) => data !== "bad");
  const { link, answers } = await serveHeld(rule);
  link.arrive(append(1, "good"));
  for (let times = 0; times < 1_000; times++) link.arrive(append(2, "bad"));
  await settle();
  expect(rule).toHaveBeenCalledTimes(2);
  answers[0]!({ type: "appended", offset: 1, duplicate: false });
  await settle();
  expect(link.take()).toMatchObject([
    ["appended", 1, 1, null, false],
    ["rejected", 1, 2, { code: "Denied" }],
  ]);
  link.arrive(append(2, "next"));
  await settle();
  expect(answers).toHaveLength(2);
});
