import { expect, it } from "vitest";
import { createPath, event, openBroker, readAll } from "../fixtures/broker.js";

it("keeps nothing of a batch that cannot be written down, and takes nothing of it for another's", async () => {
  const broker = await openBroker(createPath());
  const body = new Uint8Array(10);
  structuredClone(body, { transfer: [body.buffer] });
  const failing = broker.log.append([event(), event({ body })]);
  const kept = event({ name: "b" });
  const appending = broker.log.append([kept]);
  await expect(failing).rejects.toThrow(TypeError);
  expect(await appending).toMatchObject([{ offset: 1 }]);
  expect(await readAll(broker)).toMatchObject([{ id: kept.id, name: "b" }]);
});
