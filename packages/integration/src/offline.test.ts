import { type Runtime, systemRuntime } from "@eventwire/core";
import { expect, it } from "vitest";
import { eventually, reaches, startClient, startServer } from "./actors.js";
import { listen } from "./served-bus.js";

/** A port on which nobody listens yet. */
async function freePort(): Promise<number> {
  const { http, port } = await listen();
  await new Promise((resolve) => http.close(resolve));
  return port;
}

/** A runtime whose time can be made to pass. */
function fastForward(): { readonly runtime: Runtime; pass(milliseconds: number): void } {
  let ahead = 0;
  const now = () => systemRuntime.monotonic() + ahead;
  const timers = new Map<() => void, number>();
  return {
    runtime: {
      ...systemRuntime,
      monotonic: now,
      timer(callback, milliseconds) {
        timers.set(callback, now() + milliseconds);
        return () => timers.delete(callback);
      },
    },
    pass(milliseconds) {
      ahead += milliseconds;
      for (const [callback, due] of [...timers]) {
        if (due <= now() && timers.delete(callback)) callback();
      }
    },
  };
}

it("keeps what is emitted without a connection, and sends it in order", async () => {
  const port = await freePort();
  const client = startClient(`http://127.0.0.1:${port}`);
  const notes = Array.from({ length: 256 }, (_, index) => `note ${index}`);
  for (const note of notes) client.bus.emit("note.added", note);
  const server = await startServer({ port });
  const seen: string[] = [];
  server.bus.on("note.added", (note) => seen.push(note));
  await reaches(client, "connected");
  client.bus.emit("note.added", "the next");
  await eventually(() => expect(seen).toEqual([...notes, "the next"]));
  expect(client.errors).toEqual([]);
});

it("drops the oldest of more than 256, and reports each", async () => {
  const port = await freePort();
  const client = startClient(`http://127.0.0.1:${port}`);
  const notes = Array.from({ length: 300 }, (_, index) => `note ${index}`);
  for (const note of notes) client.bus.emit("note.added", note);
  expect(client.errors.map(({ code, about }) => [code, about])).toEqual(
    Array.from({ length: 44 }, () => ["Disconnected", "note.added"]),
  );
  const server = await startServer({ port });
  const seen: string[] = [];
  server.bus.on("note.added", (note) => seen.push(note));
  await eventually(() => expect(seen).toEqual(notes.slice(44)));
});

it("drops what is older than ten seconds, and reports it", async () => {
  const port = await freePort();
  const { runtime, pass } = fastForward();
  const client = startClient(`http://127.0.0.1:${port}`, { runtime });
  client.bus.emit("note.added", "too old");
  pass(9_000);
  client.bus.emit("note.added", "young enough");
  expect(client.errors).toEqual([]);
  pass(1_500);
  expect(client.errors.map(({ message }) => message)).toEqual([
    '"note.added" was not sent: there was no connection for 10000 ms.',
  ]);
  const server = await startServer({ port });
  const seen: string[] = [];
  server.bus.on("note.added", (note) => seen.push(note));
  await eventually(() => expect(seen).toEqual(["young enough"]));
});

it("asks what was asked without a connection once there is one", async () => {
  const port = await freePort();
  const client = startClient(`http://127.0.0.1:${port}`);
  const answers = [1, 2, 3].map((value) => client.bus.request("value.echo", value));
  const impatient = client.bus.request("value.echo", 4, { timeout: 1 }).result();
  expect(await impatient).toMatchObject({ ok: false, error: { code: "Timeout" } });
  const server = await startServer({ port });
  const asked: unknown[] = [];
  server.bus.handle("value.echo", (value) => {
    asked.push(value);
    return value;
  });
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  expect(asked).toEqual([1, 2, 3]);
});

it("reports what cannot be sent once there is a connection, and sends the rest", async () => {
  const port = await freePort();
  const client = startClient(`http://127.0.0.1:${port}`);
  client.bus.emit("note.added", "x".repeat(9_000_000));
  client.bus.emit("note.added", "small enough");
  const answer = client.bus.request("value.echo", 1);
  const server = await startServer({ port });
  const seen: string[] = [];
  server.bus.on("note.added", (note) => seen.push(note));
  server.bus.handle("value.echo", (value) => value);
  expect(await answer).toBe(1);
  expect(seen).toEqual(["small enough"]);
  expect(client.errors).toMatchObject([{ code: "Overflow" }]);
  expect(client.bus.connection.status.state).toBe("connected");
});
