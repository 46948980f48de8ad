import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Supervised } from "./supervised.js";

const patience = { timeout: 10_000, interval: 20 };

function supervise() {
  const folder = mkdtempSync(join(tmpdir(), "parcels-supervised-"));
  const program = join(folder, "program.mjs");
  writeFileSync(program, "process.send(process.env.WHO); setInterval(() => {}, 1_000);");
  const messages: unknown[] = [];
  const supervised = new Supervised({
    ...{ name: "dana", kind: "driver", program, environment: { WHO: "dana" } },
    onMessage: (message) => messages.push(message),
  });
  onTestFinished(async () => {
    await supervised.stop();
    rmSync(folder, { recursive: true });
  });
  return { supervised, messages };
}

test("a process that is killed is started again, and one that is stopped stays so", async () => {
  const { supervised, messages } = supervise();
  supervised.start();
  await vi.waitFor(() => expect(messages).toEqual(["dana"]), patience);
  const { pid } = supervised.state;
  expect(supervised.state).toMatchObject({ name: "dana", kind: "driver", state: "running", losses: 0 });

  supervised.kill();
  await vi.waitFor(() => expect(messages).toEqual(["dana", "dana"]), patience);
  expect(supervised.state).toMatchObject({ state: "running", losses: 1 });
  expect(supervised.state.pid).not.toBe(pid);

  await supervised.stop();
  expect(supervised.state).toMatchObject({ state: "stopped", pid: undefined, losses: 1 });
});

test("a process that waits for its next start can be stopped, and started at once", async () => {
  const { supervised, messages } = supervise();
  supervised.start();
  await vi.waitFor(() => expect(messages).toHaveLength(1), patience);
  supervised.kill();
  await vi.waitFor(() => expect(supervised.state.state).toBe("waiting"), patience);
  await supervised.stop();
  expect(supervised.state.state).toBe("stopped");
  supervised.start();
  await vi.waitFor(() => expect(messages).toHaveLength(2), patience);
});
