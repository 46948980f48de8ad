import { describe, expect, it, vi } from "vitest";
import { createPath, event, openBroker, readAll } from "../fixtures/broker.js";
import type { Said } from "../fixtures/programs/actor.js";
import { startActor } from "../fixtures/start-actor.js";

/** In milliseconds: of a machine that others use as well. */
const patience = 20_000;

function acknowledged(said: readonly Said[]): readonly string[] {
  return said.flatMap((one) => (one.type === "appended" ? [one.id] : []));
}

describe("processes that share a file", () => {
  it("all append at once: nothing is lost or doubled, each key is in order, and none starves", async () => {
    const path = createPath();
    const actors = await Promise.all([startActor(path), startActor(path), startActor(path)]);
    await Promise.all(
      actors.map((actor, index) =>
        actor.tell({ type: "append", prefix: `actor-${index}`, count: 150, atOnce: 1 }),
      ),
    );
    const records = await readAll(await openBroker(path));
    expect(records).toHaveLength(450);
    for (const [index, { said }] of actors.entries()) {
      const ids = records.filter(({ key }) => key === `actor-${index}`).map(({ id }) => id);
      expect(ids).toEqual(acknowledged(said));
    }
  });

  it("hear of what another one appends", async () => {
    const path = createPath();
    const watcher = await startActor(path);
    const broker = await openBroker(path);
    await watcher.tell({ type: "watch" });
    const delays: number[] = [];
    for (let count = 1; count <= 20; count++) {
      await broker.log.append([event()]);
      const appended = Date.now();
      const heard = await vi.waitUntil(
        () => watcher.said.find((one) => one.type === "hint" && one.head >= count),
        { timeout: patience, interval: 1 },
      );
      delays.push((heard as { readonly at: number }).at - appended);
    }
    delays.sort((one, other) => one - other);
    // The file system tells of it at once; the median of a machine that others use as well.
    expect(delays[10]).toBeLessThan(15);
  });

  it("may be killed at any time: what was acknowledged is there, once and in order", async () => {
    const path = createPath();
    const ids: string[] = [];
    for (let life = 1; life <= 3; life++) {
      const actor = await startActor(path);
      void actor.tell({ type: "append", prefix: `life-${life}`, count: 1_000_000, atOnce: 50 });
      await vi.waitUntil(() => acknowledged(actor.said).length > 200, { timeout: patience });
      actor.process.kill("SIGKILL");
      await actor.exit;
      ids.push(...acknowledged(actor.said));
    }
    const records = await readAll(await openBroker(path));
    const kept = records.map(({ id }) => id);
    expect(new Set(kept).size, "different ids").toBe(kept.length);
    const missing = new Set(ids);
    for (const id of kept) missing.delete(id);
    expect([...missing], "acknowledged and not there").toEqual([]);
  });

  it("end by themselves once they have closed", async () => {
    const actor = await startActor(createPath());
    await actor.tell({ type: "watch" });
    await actor.tell({ type: "append", prefix: "a", count: 10, atOnce: 10 });
    actor.process.send({ type: "close" });
    expect(await actor.exit).toBe(0);
  });
});
