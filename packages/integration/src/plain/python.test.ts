import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { openBut, startServer } from "../actors.js";

const program = fileURLToPath(new URL("python/take_part.py", import.meta.url));
/** The system's own comes second, for another may stand before it in the path. */
const python = ["python3", "/usr/bin/python3"].find(
  (command) => spawnSync(command, ["-c", "import socketio, requests, websocket"]).status === 0,
);
const missing =
  "No Python here has socketio, requests and websocket. On Debian: apt-get install python3-socketio python3-requests python3-websocket";

it.for(["websocket", "polling"])(
  "lets a client in Python take part, over %s",
  async (transport, { skip }) => {
    if (!python) return skip(missing);
    const server = await startServer({
      serve: openBut({
        authenticate: ({ auth }) =>
          (auth as { token?: string }).token === "secret" ? { id: "snake" } : undefined,
        allow: {
          listen: { "word.said": ({ key }) => key === "lobby", "value.changed": true },
          emit: { "note.added": true },
          request: { "*": true },
        },
      }),
    });
    const notes: string[] = [];
    server.bus.on("note.added", (note) => notes.push(note));
    server.bus.handle("division.result", ({ dividend, divisor }, context) => {
      if (divisor === 0) throw context.error("DivisionByZero", { dividend });
      return dividend / divisor;
    });
    server.bus.handle("value.echo", (value) => value);

    const client = spawn(python, [program, server.url, transport]);
    onTestFinished(() => void client.kill());
    const complaints = text(client.stderr);
    const told: [what: string, value: unknown][] = [];
    for await (const line of createInterface(client.stdout)) {
      const [what, value] = JSON.parse(line) as [string, unknown];
      if (what === "ready") {
        server.bus.emit("word.said", { room: "lobby", text: "hello" });
        server.bus.emit("word.said", { room: "crew", text: "secret" });
        server.bus.emit("value.changed", {
          at: new Date(0),
          large: 2n ** 64n,
          photo: new Uint8Array([1, 2]),
        });
        server.bus.emit("word.said", { room: "lobby", text: "bye" });
      } else if (what === "off") {
        told.push([what, value]);
        server.hub.peers()[0]!.disconnect("Enough.");
      } else told.push([what, value]);
    }
    expect(await complaints).toBe("");
    const done = { error: null, result: null };
    expect(told).toEqual([
      ["on", done],
      ["on all", done],
      ["on without permission", { error: "Denied", result: null }],
      ["on without a name", { error: "Invalid", result: null }],
      ["emit", done],
      ["emit what is invalid", { error: "Invalid", result: null }],
      ["refused", ["eventwire:refused", "note.added", expect.objectContaining({ code: "Invalid" })]],
      ["request", { error: null, result: 3 }],
      ["request that fails", { error: "DivisionByZero", result: null }],
      ["bytes", { error: null, result: { photo: { bytes: "AQI=" }, list: [1.5, null, true] } }],
      ["event", ["word.said", { room: "lobby", text: "hello" }]],
      [
        "event",
        [
          "value.changed",
          { at: "1970-01-01T00:00:00.000Z", large: "18446744073709551616", photo: { bytes: "AQI=" } },
        ],
      ],
      ["event", ["word.said", { room: "lobby", text: "bye" }]],
      ["off", done],
      ["goodbye", ["eventwire:goodbye", { code: "Disconnected", message: "Enough.", retryable: false }]],
      ["gone", null],
    ]);
    expect(notes).toEqual(["h\u00e9llo from Python"]);
  },
);
