import { defineContract, event, request, task, unchecked } from "@eventwire/core";
import { io, type Socket } from "socket.io-client";
import { expectTypeOf, it } from "vitest";
import { connect } from "./connect.js";
import type { ClientEvents, PlainJson, ServerEvents } from "./index.js";

interface Post {
  readonly room: string;
  readonly at: Date;
  readonly likes?: bigint;
}
const contract = defineContract({
  "message.posted": event(unchecked<Post>(), { from: "both", key: ({ room }) => room }),
  "count.changed": event(unchecked<number>(), { key: (count) => count }),
  "typing.began": event(unchecked<string>(), { from: "client" }),
  "deed.recorded": event(unchecked<string>(), { from: "both", delivery: "durable" }),
  "message.send": task(unchecked<string>()),
  "room.history": request({
    input: unchecked<{ readonly room: string }>(),
    output: unchecked<readonly Post[]>(),
    errors: { UnknownRoom: unchecked<{ readonly room: string }>() },
  }),
  "room.replay": request({ input: unchecked<string>(), item: unchecked<Post>() }),
  "client.state": request({ input: unchecked<null>(), output: unchecked<string>(), from: "server" }),
  connect: event(unchecked<string>(), { from: "both" }),
});
type Chat = typeof contract;
const socket: Socket<ServerEvents<Chat>, ClientEvents<Chat>> = io("https://chat.example");

it("types the events that a client hears, as plain JSON", () => {
  socket.on("message.posted", (post, context) => {
    expectTypeOf(post).toEqualTypeOf<{
      readonly room: string;
      readonly at: string;
      readonly likes?: string | undefined;
    }>();
    expectTypeOf(context).toEqualTypeOf<{ readonly id: string; readonly time: number }>();
  });
  socket.on("count.changed", (count) => expectTypeOf(count).toEqualTypeOf<number>());
  socket.on("eventwire:refused", (name, error) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(error.message).toEqualTypeOf<string>();
    expectTypeOf<"Unavailable">().toExtend<typeof error.code>();
  });
  socket.on("eventwire:goodbye", ({ retryable }) => expectTypeOf(retryable).toEqualTypeOf<boolean>());
  // @ts-expect-error: only clients emit it
  socket.on("typing.began", () => undefined);
  // @ts-expect-error: durable events do not reach plain clients
  socket.on("deed.recorded", () => undefined);
  // @ts-expect-error: no such event
  socket.on("message.poste", () => undefined);
  // Socket.IO's own, which is told nothing.
  socket.on("connect", () => undefined);
});

it("types what a client listens to, with the keys of each event", () => {
  socket.emit("eventwire:on", "message.posted", {});
  socket.emit("eventwire:on", "message.posted", { key: "lobby" }, (error) => {
    if (error) expectTypeOf(error.message).toEqualTypeOf<string>();
    if (error) expectTypeOf<"Unavailable">().toExtend<typeof error.code>();
  });
  socket.emit("eventwire:off", "count.changed", { key: 5 });
  // @ts-expect-error: its key is a number
  socket.emit("eventwire:on", "count.changed", { key: "5" });
  // @ts-expect-error: only clients emit it
  socket.emit("eventwire:on", "typing.began", {});
  // @ts-expect-error: a request is no event
  socket.emit("eventwire:on", "room.history", {});
  // @ts-expect-error: Socket.IO keeps this name
  socket.emit("eventwire:on", "connect", {});
});

it("types what a client emits, with and without an acknowledgement", () => {
  const post = { room: "lobby", at: "2026-01-01T00:00:00Z" };
  socket.emit("message.posted", post);
  socket.emit("message.posted", post, (error) => expectTypeOf(error?.code).not.toBeAny());
  // @ts-expect-error: not its data
  socket.emitWithAck("message.posted", 5);
  // @ts-expect-error: a date is a text in JSON
  socket.emit("message.posted", { room: "lobby", at: new Date() });
  // @ts-expect-error: only servers emit it
  socket.emit("count.changed", 5);
  // @ts-expect-error: durable events do not come from plain clients
  socket.emit("deed.recorded", "x");
});

it("types the tasks that a client enqueues, and what it is told of them", () => {
  socket.emit("message.send", "x");
  socket.emit("message.send", "x", (error, receipt) => {
    if (error) expectTypeOf(receipt).toEqualTypeOf<null>();
    else expectTypeOf(receipt.id).toEqualTypeOf<string>();
  });
  // @ts-expect-error: not its data
  socket.emit("message.send", 5);
  socket.emit("eventwire:result", "id", (error, result) => {
    expectTypeOf(result).toEqualTypeOf<unknown>();
    if (error?.code === "TaskDead") return;
    // @ts-expect-error: no such code
    if (error?.code === "TaskDed") return;
  });
});

it("types what a client asks: a result, or an error by its code", () => {
  socket.emit("room.history", { room: "lobby" }, (error, result) => {
    if (error === null) expectTypeOf(result[0]!.at).toEqualTypeOf<string>();
    else if (error.code === "UnknownRoom") {
      expectTypeOf(error.detail).toEqualTypeOf<{ readonly room: string }>();
      expectTypeOf(result).toEqualTypeOf<null>();
    } else if (error.code === "Invalid") expectTypeOf(error.issues?.[0]?.path).not.toBeAny();
    // @ts-expect-error: no such error
    if (error?.code === "UnknownRom") return;
  });
  socket.timeout(5_000).emit("room.history", { room: "lobby" }, (late, error, _result) => {
    expectTypeOf(late).toEqualTypeOf<Error>();
    if (error?.code === "UnknownRoom") expectTypeOf(error.detail.room).toEqualTypeOf<string>();
  });
  // @ts-expect-error: the answer goes nowhere
  socket.emit("room.history", { room: "lobby" });
  // @ts-expect-error: not its input
  socket.emit("room.history", { rom: "lobby" }, () => undefined);
  // @ts-expect-error: its answer is streamed
  socket.emit("room.replay", "lobby", (_error, _result) => undefined);
  // @ts-expect-error: servers ask it
  socket.emit("client.state", null, () => undefined);
});

it("shares a typed socket with a bus", () => {
  connect(contract, socket);
});

it("says what becomes of data in plain JSON", () => {
  expectTypeOf<PlainJson<Date | null>>().toEqualTypeOf<string | null>();
  expectTypeOf<PlainJson<Map<string, Set<bigint>>>>().toEqualTypeOf<[key: string, value: string[]][]>();
  expectTypeOf<PlainJson<[Date, number?]>>().toEqualTypeOf<[string, (number | null)?]>();
  expectTypeOf<PlainJson<(string | undefined)[]>>().toEqualTypeOf<(string | null)[]>();
  expectTypeOf<PlainJson<{ photo: Uint8Array; more: unknown }>>().toEqualTypeOf<{
    photo: ArrayBuffer | Uint8Array;
    more: unknown;
  }>();
  expectTypeOf<PlainJson<"a" | 5>>().toEqualTypeOf<"a" | 5>();
  expectTypeOf<PlainJson<string & { readonly brand: "id" }>>().toEqualTypeOf<
    string & { readonly brand: "id" }
  >();
});
