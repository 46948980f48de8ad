import { type Bus, defineContract, event, type Named, unchecked } from "@eventwire/core";
import type { Socket } from "socket.io-client";
import { expectTypeOf, it } from "vitest";
import { connect } from "./connect.js";

const definitions = defineContract({
  "message.posted": event(unchecked<string>(), { from: "both" }),
  "message.removed": event(unchecked<string>()),
});
interface Chat extends Named<typeof definitions> {}
const chat: Chat = definitions;
declare const socket: Socket;

it("gives a client's bus, from a URL or a socket", () => {
  const bus = connect(chat, "https://chat.example", { auth: { token: "secret" }, socket: { path: "/live" } });
  expectTypeOf(bus).toExtend<Bus<Chat, "client">>();
  expectTypeOf(connect(chat, socket)).toEqualTypeOf(bus);
  expectTypeOf(bus.side).toEqualTypeOf<"client">();
  expectTypeOf(bus.emit("message.posted", "hello")).toEqualTypeOf<void>();
  // @ts-expect-error: only servers emit it
  bus.emit("message.removed", "hello");
});

it("takes the codec, and no refresh of credentials, which Socket.IO's own auth gives", () => {
  connect(chat, "https://chat.example", { codec: "json" });
  connect(chat, socket, { codec: "messagepack" });
  // @ts-expect-error: there is no such codec
  connect(chat, socket, { codec: "xml" });
  // @ts-expect-error: it is asked of the socket
  connect(chat, socket, { refresh: () => "token" });
});

it("takes no option of Socket.IO that would send frames twice", () => {
  // @ts-expect-error: frames belong to one connection
  connect(chat, "https://chat.example", { socket: { retries: 3 } });
});
