import { serve } from "@eventwire/socket.io";
import { openAccess } from "@eventwire/testing/behaviour";
import { serve as serveOverWebSocket } from "@eventwire/websocket";
import { expect, it } from "vitest";
import { eventually, reaches, startClient, startConnected, startServer } from "./actors.js";
import * as webSocket from "./websocket/actors.js";

/** So long that a client which waited as after a loss would not be back in the time of a test. */
const never = 600_000;

it.each([["websocket"], ["polling"]])(
  "hands clients over Socket.IO, by %s, to the server that follows, at once",
  async (transport) => {
    const server = await startServer();
    const socket = { transports: [transport], reconnectionDelay: never, reconnectionDelayMax: never };
    const clients = [1, 2, 3].map(() => startClient(server.url, { socket }));
    await Promise.all(clients.map((client) => reaches(client, "connected")));
    await server.hub.drain({ over: 0 });
    await server.hub.close();
    const next = serve(server.bus, server.io, openAccess);
    await eventually(() => expect(next.peers()).toHaveLength(3));
    for (const { statuses } of clients) {
      expect(statuses.find(({ state }) => state === "reconnecting")?.reason?.code).toBe("Draining");
    }
  },
);

it("has a client's answer sent before it is sent away", async () => {
  const server = await startServer();
  let answer: ((value: unknown) => void) | undefined;
  server.bus.handle("value.echo", () => new Promise((resolve) => (answer = resolve)));
  const client = await startConnected(server.url);
  const asked = client.bus.request("value.echo", 1);
  await eventually(() => expect(answer).toBeDefined());
  const drained = server.hub.drain({ over: 10 });
  answer!("done");
  expect(await asked).toBe("done");
  await drained;
});

it("hands clients over WebSocket to the server that follows, at once", async () => {
  const server = await webSocket.startServer();
  const client = webSocket.startClient(server.url, { reconnect: { delay: never, maxDelay: never } });
  await reaches(client, "connected");
  await server.hub.drain({ over: 0 });
  await server.hub.close();
  const next = serveOverWebSocket(server.bus, server.http, openAccess);
  await eventually(() => expect(next.peers()).toHaveLength(1));
  expect(client.statuses.find(({ state }) => state === "reconnecting")?.reason?.code).toBe("Draining");
});
