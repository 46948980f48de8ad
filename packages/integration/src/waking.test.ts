import { type Runtime, systemRuntime } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { openAccess } from "@eventwire/testing/behaviour";
import { Server } from "socket.io";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Client, eventually, reaches, startClient, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";
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

/** The platform's runtime, whose timers take a tenth of their time, on a machine that can be put to sleep. */
function sleepy(): Runtime & { sleep(milliseconds: number): void } {
  let slept = 0;
  return {
    ...systemRuntime,
    now: () => systemRuntime.now() + slept,
    timer: (callback, milliseconds, background) =>
      systemRuntime.timer(callback, milliseconds / 10, background),
    sleep(milliseconds) {
      slept += milliseconds;
    },
  };
}

const overSocketIO = {
  start: startServer,
  connect: (url: string, runtime: Runtime) =>
    startClient(url, { runtime, socket: { reconnectionDelay: never, reconnectionDelayMax: never } }),
};
const overWebSocket = {
  start: webSocket.startServer,
  connect: (url: string, runtime: Runtime) =>
    webSocket.startClient(url, { runtime, reconnect: { delay: never, maxDelay: never } }),
};

describe.each([
  ["Socket.IO", overSocketIO],
  ["WebSocket", overWebSocket],
])("a sleep of which no platform tells, over %s", (_, { start, connect }) => {
  async function startBehindProxy() {
    const server = await start();
    const proxy = await cuttingProxy({ to: server.port, seed: 1 });
    onTestFinished(() => proxy.close());
    const runtime = sleepy();
    const client: Client = connect(server.url.replace(String(server.port), String(proxy.port)), runtime);
    await reaches(client, "connected");
    return { server, proxy, runtime, client };
  }

  it("has a client that waits to connect do so at once", async () => {
    const { server, proxy, runtime, client } = await startBehindProxy();
    proxy.refuse(true);
    proxy.cut();
    await reaches(client, "reconnecting");
    proxy.refuse(false);
    await eventually(() => expect(server.hub.peers()).toEqual([]));
    runtime.sleep(60_000);
    await reaches(client, "connected");
    expect(server.hub.peers()).toHaveLength(1);
  });

  it("has one whose connection is gone notice that, long before anything else would", async () => {
    const { proxy, runtime, client } = await startBehindProxy();
    proxy.pause();
    runtime.sleep(60_000);
    await reaches(client, "reconnecting");
    expect(client.bus.connection.status.reason).toEqual({
      code: "Lost",
      message: "The other side gave no sign of life for 3000 ms after a sleep.",
      retryable: true,
    });
  });

  it("leaves a connection that is still there as it is", async () => {
    const { runtime, client } = await startBehindProxy();
    const { framesIn } = client.bus.connection.counters();
    runtime.sleep(60_000);
    await eventually(() => expect(client.bus.connection.counters().framesIn).toBeGreaterThan(framesIn));
    expect(client.statuses.map(({ state }) => state)).toEqual(["connecting", "connected"]);
  });
});
