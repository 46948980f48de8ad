import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startCountingProxy } from "./counting-proxy.js";

test("bytes are passed on, and counted either way", async () => {
  const server = createServer((socket) => socket.once("data", () => socket.end("what is answered")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await startCountingProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    proxy.close();
    server.close();
  });
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  socket.write("asked");
  const [answer] = await once(socket, "data");
  expect(String(answer)).toBe("what is answered");
  expect(proxy.counts).toEqual({ up: 5, down: 16 });
});
