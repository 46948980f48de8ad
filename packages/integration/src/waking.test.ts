import { serve } from "@eventwire/socket.io";
import { openAccess } from "@eventwire/testing/behaviour";
import { Server } from "socket.io";
import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches, startClient, startServer } from "./actors.js";
import { listen } from "./served-bus.js";
import * as webSocket from "./websocket/actors.js";

/** So long that a client which waited for its timers would not be back in the time of a test. */
const never = 600_000;

/** Makes this process look like a page, as far as clients look. */
function becomePage(): EventTarget {
  const page = new EventTarget();
  const globals = globalThis as Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;
  globals.addEventListener = page.addEventListener.bind(page);
  globals.removeEventListener = page.removeEventListener.bind(page);
  onTestFinished(() => {
    for (const name of ["addEventListener", "removeEventListener"]) Reflect.deleteProperty(globalThis, name);
  });
  return page;
}

it("connects at once over Socket.IO when its page is seen again", async () => {
  const page = becomePage();
  const server = await startServer();
  const socket = { reconnectionDelay: never, reconnectionDelayMax: never };
  const client = startClient(server.url, { socket });
  await reaches(client, "connected");
  await server.io.close();
  await reaches(client, "reconnecting");
  const { http } = await listen(server.port);
  const io = new Server(http);
  onTestFinished(() => io.close());
  const hub = serve(server.bus, io, openAccess);
  page.dispatchEvent(new Event("visibilitychange"));
  await eventually(() => expect(hub.peers()).toHaveLength(1));
});

it("connects at once over WebSocket when its page is seen again", async () => {
  const page = becomePage();
  const server = await webSocket.startServer();
  const client = webSocket.startClient(server.url, { reconnect: { delay: never, maxDelay: never } });
  await reaches(client, "connected");
  await server.close();
  await reaches(client, "reconnecting");
  const again = await webSocket.startServer({ port: server.port });
  page.dispatchEvent(new Event("pageshow"));
  await eventually(() => expect(again.hub.peers()).toHaveLength(1));
});
