import { once } from "node:events";
import { createFolder } from "@eventwire/programs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildProgram, type Program } from "../fixtures/program.js";
import { connect, createShop } from "../fixtures/shop.js";

let program: Program;
beforeAll(async () => {
  // Node 22 says that its SQLite is experimental.
  program = await buildProgram("fixtures/programs/crashing-shop.ts", [
    "--disable-warning=ExperimentalWarning",
  ]);
});
afterAll(() => program.remove());

/** Has processes lost, and looks at what is left of their work. */
async function survive(
  lose: (folder: string, placed: () => readonly string[]) => Promise<void>,
): Promise<void> {
  const folder = createFolder();
  const db = connect(folder.path);
  db.exec('CREATE TABLE placed ("order" TEXT)');
  const placed = () =>
    db.all<{ readonly order: string }>('SELECT "order" FROM placed').map(({ order }) => order);
  await lose(folder.path, placed);
  const { code, stdout, stderr } = await program.run(folder.path, "last");
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(db.all("SELECT * FROM eventwire_outbox")).toEqual([]);
  expect(db.all("SELECT * FROM eventwire_inbox_failed")).toEqual([]);

  const { bus } = createShop(folder.path);
  const heard: string[] = [];
  bus.on("order.placed", ({ order }) => heard.push(order), { since: "start" });
  await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(placed().length), 20_000);
  await bus.close();
  expect(placed().length).toBeGreaterThan(0);
  expect(heard).toEqual(placed());
  expect(db.effects()).toEqual(placed());
  db.close();
  folder.remove();
}

describe("outbox and inbox lose nothing, repeat nothing, and keep the order", () => {
  it("where a process is killed between any two steps", { timeout: 240_000 }, () =>
    survive(async (folder) => {
      const stride = 5;
      for (let round = 0; ; round++) {
        const crash = 1 + round * stride + Math.floor(Math.random() * stride);
        const { code } = await program.run(folder, "o", String(round * 10), "2", String(crash));
        // It has had no such step, and has come to its end.
        if (code === 0) break;
      }
    }),
  );

  it("where two processes are killed at any time", { timeout: 120_000 }, () =>
    survive(async (folder, placed) => {
      for (let round = 0; round < 6; round++) {
        const two = ["a", "b"].map((who) => program.start(folder, who, String(round * 10_000), "5000"));
        const enough = placed().length + 20 + Math.floor(Math.random() * 200);
        await vi.waitFor(() => expect(placed().length).toBeGreaterThan(enough), 20_000);
        const ends = two.map((child) => once(child, "close"));
        // One after the other, so that one is lost while the other goes on, and then at work that it took over.
        two[round % 2]!.kill("SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 50));
        two[1 - (round % 2)]!.kill("SIGKILL");
        await Promise.all(ends);
      }
    }),
  );
});
