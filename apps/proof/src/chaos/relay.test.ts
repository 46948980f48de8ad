import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { Relay } from "./relay.js";

/** A server that sends back what it gets. */
async function serve() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

async function open(choose: () => number | undefined) {
  const relay = await Relay.open(choose);
  onTestFinished(() => relay.close());
  const connect = () => {
    const socket = createConnection(relay.port, "127.0.0.1");
    const heard = { text: "", end: undefined as string | undefined };
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      heard.text += text;
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      heard.end = code;
    });
    onTestFinished(() => void socket.destroy());
    return { socket, heard };
  };
  return { relay, connect };
}

it("passes on what comes, both ways, and the end of either side", async () => {
  const { port, sockets } = await serve();
  const { relay, connect } = await open(() => port);
  const { socket, heard } = connect();
  socket.write("a");
  await vi.waitFor(() => expect(heard.text).toBe("a"));
  expect(relay.carries).toBe(true);
  sockets[0]!.end();
  await once(socket, "close");
  await vi.waitFor(() => expect(relay.carries).toBe(false));
});

it("has both ends find that they were reset", async () => {
  const { port, sockets } = await serve();
  const { relay, connect } = await open(() => port);
  const { socket, heard } = connect();
  socket.write("a");
  await vi.waitFor(() => expect(heard.text).toBe("a"));
  const ended = once(sockets[0]!, "error");
  expect(relay.reset()).toBe(true);
  expect(await ended).toMatchObject([{ code: "ECONNRESET" }]);
  await vi.waitFor(() => expect(heard.end).toBe("ECONNRESET"));
  expect(relay.reset()).toBe(false);
});

it("passes nothing on over a connection that is silent, and tells nobody, while another one is well", async () => {
  const { port, sockets } = await serve();
  const { relay, connect } = await open(() => port);
  const silent = connect();
  silent.socket.write("a");
  await vi.waitFor(() => expect(silent.heard.text).toBe("a"));
  const silence = relay.silence()!;
  silent.socket.write("b");
  const other = connect();
  other.socket.write("c");
  await vi.waitFor(() => expect(other.heard.text).toBe("c"));
  expect(silent.heard).toEqual({ text: "a", end: undefined });
  silent.socket.destroy();
  other.socket.write("d");
  await vi.waitFor(() => expect(other.heard.text).toBe("cd"));
  expect(sockets[0]!.destroyed).toBe(false);
  expect(silence.noticed).toBe(false);
  sockets[0]!.end();
  await vi.waitFor(() => expect(silence.noticed).toBe(true));
});

it("breaks a silent connection that nobody has noticed, and says so", async () => {
  const { port, sockets } = await serve();
  const { relay, connect } = await open(() => port);
  const { socket, heard } = connect();
  socket.write("a");
  await vi.waitFor(() => expect(heard.text).toBe("a"));
  const silence = relay.silence()!;
  expect(relay.carries).toBe(false);
  silence.end();
  await vi.waitFor(() => expect([heard.end, sockets[0]!.destroyed]).toEqual(["ECONNRESET", true]));
  expect(silence.noticed).toBe(false);
});

it("is slow on demand, and loses nothing by it", async () => {
  const { port } = await serve();
  const { relay, connect } = await open(() => port);
  const { socket, heard } = connect();
  relay.pace = 1_000;
  relay.delay = 10;
  const began = performance.now();
  const text = "x".repeat(100);
  socket.write(text);
  await vi.waitFor(() => expect(heard.text).toBe(text));
  // There and back, a tenth of a second each for what it is, and the delay.
  expect(performance.now() - began).toBeGreaterThan(200);
  expect(relay.slowed).toBeGreaterThan(0);
});

it("is as slow with much at once, until it is not slow any more", async () => {
  const { port } = await serve();
  const { relay, connect } = await open(() => port);
  const { socket, heard } = connect();
  const text = "x".repeat(60_000);
  relay.pace = 100_000;
  const began = performance.now();
  socket.write(text);
  await vi.waitFor(() => expect(heard.text).toBe(text), 30_000);
  expect(performance.now() - began).toBeGreaterThan(600);
  relay.pace = 1_000;
  socket.write(text);
  await vi.waitFor(() => expect(heard.text.length).toBeGreaterThan(text.length), 5_000);
  expect(heard.text.length).toBeLessThan(text.length + 30_000);
  relay.heal();
  await vi.waitFor(() => expect(heard.text).toBe(text + text), 10_000);
});

it("refuses whom it is to refuse, and who finds no server", async () => {
  const { port } = await serve();
  let target: number | undefined;
  const { relay, connect } = await open(() => target);
  const lost = connect();
  await vi.waitFor(() => expect(lost.heard.end).toBe("ECONNRESET"));
  target = port;
  relay.refuses = true;
  expect(relay.refused).toBe(0);
  const refused = connect();
  await vi.waitFor(() => expect(refused.heard.end).toBe("ECONNRESET"));
  expect(relay.refused).toBe(1);
  relay.heal();
  const { socket, heard } = connect();
  socket.write("a");
  await vi.waitFor(() => expect(heard.text).toBe("a"));
});

it("has all of a client's connections at one server, and chooses again when they break or it is gone", async () => {
  const [first, second] = [await serve(), await serve()];
  const ports = [first.port, second.port, 1, first.port];
  const { relay, connect } = await open(() => ports.shift());
  const say = async () => {
    const { socket, heard } = connect();
    socket.write("a");
    await vi.waitFor(() => expect(heard.text).toBe("a"));
  };
  await say();
  await say();
  expect(first.sockets).toHaveLength(2);
  relay.reset();
  await say();
  expect(second.sockets).toHaveLength(1);
  relay.reset();
  await once(connect().socket, "close");
  await say();
  expect(first.sockets).toHaveLength(3);
});
