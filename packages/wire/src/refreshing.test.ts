import { expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import { settle } from "../fixtures/settle.js";

const lost = { code: "Lost", message: "It was lost.", retryable: true };
const denied = { code: "Denied", message: "No." };

async function startTokens() {
  let count = 0;
  const auth = vi.fn(async () => ({ token: ++count }));
  const started = startBuildingClient({ auth });
  const link = await started.welcome();
  return { ...started, auth, link };
}

it("asks auth anew and resolves when the server has taken it", async () => {
  const { bus, link } = await startTokens();
  const done = vi.fn();
  const refreshed = bus.connection.refresh().then(done);
  await settle();
  expect(link.take()).toEqual([["auth", 257, { token: 2 }]]);
  expect(done).not.toHaveBeenCalled();
  link.arrive(["authorized", 257]);
  await refreshed;
});

it("is one, however many ask meanwhile, and another one afterwards", async () => {
  const { bus, link, auth } = await startTokens();
  const all = Promise.all([bus.connection.refresh(), bus.connection.refresh()]);
  link.arrive(["expiring", 1_000]);
  await settle();
  expect(link.take()).toHaveLength(1);
  link.arrive(["authorized", 257]);
  await all;
  const again = bus.connection.refresh();
  await settle();
  expect(link.take()).toEqual([["auth", 258, { token: 3 }]]);
  link.arrive(["authorized", 258]);
  await again;
  expect(auth).toHaveBeenCalledTimes(3);
});

it("is done by itself when the server says that credentials expire", async () => {
  const { link, errors } = await startTokens();
  link.arrive(["expiring", 60_000]);
  await settle();
  expect(link.take()).toEqual([["auth", 257, { token: 2 }]]);
  link.arrive(["failed", 257, denied]);
  await settle();
  expect(errors).toMatchObject([{ code: "Denied" }]);
});

it("rejects with what the server says, and with what auth throws", async () => {
  const { bus, link, auth } = await startTokens();
  const refused = bus.connection.refresh();
  await settle();
  link.arrive(["failed", 257, denied]);
  await expect(refused).rejects.toMatchObject({ code: "Denied" });
  auth.mockRejectedValueOnce(new Error("no token"));
  await expect(bus.connection.refresh()).rejects.toThrow("no token");
});

it("has nothing to do without a connection, and none any more when that is lost", async () => {
  const { bus, link, welcome, auth } = await startTokens();
  const refreshed = bus.connection.refresh();
  await settle();
  link.close(lost);
  await refreshed;
  await bus.connection.refresh();
  expect(auth).toHaveBeenCalledTimes(2);
  const next = await welcome();
  const again = bus.connection.refresh();
  await settle();
  // The answer to the one before is no answer to this one.
  next.arrive(["authorized", 257]);
  const [, ref] = next.take()[0]!;
  expect(ref).toBe(258);
  next.arrive(["authorized", 258]);
  await again;
});

it("sends what auth gives for a link that is gone over no other", async () => {
  let give: (auth: unknown) => void = () => undefined;
  const auth = vi.fn((): unknown => ({}));
  const { bus, welcome } = startBuildingClient({ auth });
  const link = await welcome();
  auth.mockReturnValueOnce(
    new Promise((resolve) => {
      give = resolve;
    }),
  );
  const refreshed = bus.connection.refresh();
  await settle();
  link.close(lost);
  const next = await welcome();
  give({ token: "late" });
  await refreshed;
  await settle();
  expect(next.take()).toEqual([]);
});

it("rejects when nothing is answered in time, and on a bus that has ended", async () => {
  const { bus, runtime } = await startTokens();
  const refreshed = bus.connection.refresh();
  const seen = expect(refreshed).rejects.toMatchObject({ code: "Timeout" });
  await runtime.advance(20_000);
  await seen;
  await bus.close();
  await expect(bus.connection.refresh()).rejects.toMatchObject({ code: "Closed" });
});

it("has what was refused listened to again, and what is allowed left alone", async () => {
  const { bus, link } = await startTokens();
  const onGap = vi.fn();
  const heard = vi.fn();
  bus.on("note.added", heard, { onGap });
  bus.on("light.moved", heard);
  await settle();
  const listens = link.take();
  const ref = listens.find(([, , name]) => name === "note.added")![1] as number;
  link.arrive(["listening", ref], ["listening", ref + 1], ["failed", ref, denied]);
  expect(onGap).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ reason: "denied" }));
  const refreshed = bus.connection.refresh();
  await settle();
  const auth = link.take()[0]![1] as number;
  link.arrive(["authorized", auth]);
  await refreshed;
  await settle();
  expect(link.take()).toEqual([["listen", ref, "note.added"]]);
  link.arrive(["listening", ref], ["event", "note.added", "again", "id", 1]);
  expect(heard).toHaveBeenCalledOnce();
});
