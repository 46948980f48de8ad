import { type Bus, defineContract, event, type Named, type Receipt, unchecked } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import { connect } from "./connect.js";

const definitions = defineContract({
  "message.posted": event(unchecked<string>(), { from: "both" }),
  "message.removed": event(unchecked<string>()),
  "message.kept": event(unchecked<string>(), { from: "client", delivery: "durable" }),
});
interface Chat extends Named<typeof definitions> {}
const chat: Chat = definitions;

it("gives a client's bus, from a URL", () => {
  const bus = connect(chat, "wss://chat.example/eventwire", { reconnect: { delay: 100, maxDelay: 1_000 } });
  expectTypeOf(bus).toExtend<Bus<Chat, "client">>();
  expectTypeOf(connect(chat, new URL("wss://chat.example"))).toEqualTypeOf(bus);
  expectTypeOf(bus.side).toEqualTypeOf<"client">();
  // @ts-expect-error: only servers emit it
  bus.emit("message.removed", "hello");
  // @ts-expect-error: it makes its sockets itself
  connect(chat, new WebSocket("wss://chat.example"));
});

it("gives a receipt for a durable event, and shows what waits in the outbox", () => {
  const bus = connect(chat, "wss://chat.example", { outbox: { limit: 100, bytes: 1_000, resend: true } });
  expectTypeOf(bus.emit("message.kept", "hello")).toEqualTypeOf<Promise<Receipt>>();
  expectTypeOf(bus.connection.outbox.size).toEqualTypeOf<number>();
  expectTypeOf(bus.connection.outbox.oldest).toEqualTypeOf<number | undefined>();
  bus.connection.outbox.watch(({ aside }) => aside.toFixed());
  // @ts-expect-error: a store is no text
  connect(chat, "wss://chat.example", { outbox: { store: "indexeddb" } });
});

it("takes the browser's WebSocket, that of ws, and classes that extend it", () => {
  connect(chat, "wss://chat.example", { WebSocket });
  connect(chat, "wss://chat.example", { WebSocket: NodeWebSocket });
  connect(chat, "wss://chat.example", {
    WebSocket: class extends NodeWebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { headers: { cookie: "session=1" } });
      }
    },
  });
  // @ts-expect-error: something else that is opened by a URL
  connect(chat, "wss://chat.example", { WebSocket: EventSource });
});

it("takes auth as a value, or as a function that is asked each time", () => {
  connect(chat, "wss://chat.example", { auth: { token: "secret" } });
  connect(chat, "wss://chat.example", { auth: "secret" });
  connect(chat, "wss://chat.example", { auth: async () => ({ token: "secret" }) });
  // @ts-expect-error: a number says nothing of who somebody is
  connect(chat, "wss://chat.example", { auth: 7 });
});
