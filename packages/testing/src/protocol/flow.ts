import { expect } from "vitest";
import type { RawMessage, RawPeer } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { heard, reason } from "./stage.js";

const window = 1_000_000;
const stride = 250_000;
const letters = "x".repeat(9_000);
const block = (name: string, key: string, number: number) =>
  [name, { key, text: `${number} ${letters}` }] as const;
const blocks = (name: string, key: string, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => block(name, key, from + index));

/** What is on its way to a peer, what waits for it, and what goes. */
export const flow: ProtocolChapter = (declare, { clock }) => {
  declare(
    "a ping is answered by a pong with its number, several of a turn once, by the last",
    async (stage) => {
      const peer = await stage.welcomed();
      peer.say(["ping", 5]);
      await peer.tells(["pong", 5]);
      peer.say(["ping", 6], ["ping", 7], ["ping", 8]);
      await peer.tells(["pong", 8]);
      peer.say(["ping"]);
      await peer.tells(["pong"]);
      await peer.tellsNothing();
    },
  );

  declare(
    "whenever 250,000 bytes more have gone, the server asks how far its peer is, with the count",
    async (stage) => {
      const peer = await stage.listening("block.sent");
      const sent = blocks("block.sent", "a", 0, 100);
      for (const one of sent) await stage.emits(one);
      await peer.tells(...sent.map((one) => heard(...one)));
      const asked = peer.pings.filter((number) => number !== undefined) as number[];
      expect(asked.length).toBeGreaterThanOrEqual(3);
      for (const [index, number] of asked.entries()) {
        const more = number - (asked[index - 1] ?? 0);
        expect(more).toBeGreaterThanOrEqual(stride);
        expect(more).toBeLessThan(stride + 20_000);
      }
      expect(asked.at(-1), "the count").toBeLessThanOrEqual(peer.bytes);
    },
  );

  declare("no more than 1,000,000 bytes are on their way that no pong has covered", async (stage) => {
    const { peer, sent } = await stalled(stage, "block.sent", 200);
    expect(peer.bytes).toBeGreaterThan(window - stride);
    expect(peer.bytes).toBeLessThan(window + 20_000);
    catchUp(peer);
    await peer.tells(...sent.map((one) => heard(...one)));
  });

  declare("a pong counts only up to what was asked", async (stage) => {
    const { peer, sent } = await stalled(stage, "block.sent", 200);
    const { bytes } = peer;
    peer.say(["pong", 10 ** 15], ["pong", 0], ["pong"]);
    await stage.emits(["note.added", "meanwhile"]);
    await stage.drive("value.echo", "something happens");
    expect(peer.bytes).toBe(bytes);
    catchUp(peer);
    await peer.tells(...sent.map((one) => heard(...one)));
  });

  declare(
    "past bufferedBytes the oldest live events go, told by key and number before what still waits",
    async (stage) => {
      await stage.serve({ bufferedBytes: 200_000 });
      const { peer, sent } = await stalled(stage, "block.sent", 200);
      const arrived = peer.unread().length;
      catchUp(peer);
      await peer.tells(...sent.slice(0, arrived).map((one) => heard(...one)));
      const [type, name, key, why, missed] = await peer.next();
      expect([type, name, key, why]).toEqual(["gap", "block.sent", "a", "overflow"]);
      expect(missed).toBeGreaterThan(0);
      await peer.tells(...sent.slice(arrived + (missed as number)).map((one) => heard(...one)));
      await peer.tellsNothing();
    },
  );

  declare("past bufferedBytes of an event that drops the newest those go", async (stage) => {
    await stage.serve({ bufferedBytes: 200_000 });
    const { peer, sent } = await stalled(stage, "block.kept", 200);
    catchUp(peer);
    const came = await peer.hears();
    const events = came.filter(([type]) => type === "event");
    expect(events).toEqual(sent.slice(0, events.length).map((one) => heard(...one)));
    const gaps = came.filter(([type]) => type === "gap");
    expect(gaps).toEqual([["gap", "block.kept", "a", "overflow", sent.length - events.length]]);
  });

  declare("past bufferedBytes of an event that disconnects the goodbye is Slow", async (stage) => {
    await stage.serve({ bufferedBytes: 200_000 });
    const { peer } = await stalled(stage, "block.owed", 200);
    expect(await peer.leaves()).toEqual(reason("Slow", true));
  });

  declare("of volatile events the newest of each key waits", async (stage) => {
    const { peer, sent } = await stalled(stage, "block.sent", 120);
    peer.say(["listen", 1, "price.changed"]);
    const price = (symbol: string, amount: number) => ["price.changed", { symbol, amount }] as const;
    await stage.welcomed();
    for (let amount = 0; amount < 5; amount++) await stage.emits(price("a", amount), price("b", amount));
    catchUp(peer);
    const came = await peer.hears();
    expect(came.filter(([, name]) => name === "block.sent")).toHaveLength(sent.length);
    const prices = came.filter(([, name]) => name === "price.changed");
    expect(prices).toEqual([heard(...price("a", 4)), heard(...price("b", 4))]);
  });

  declare("other peers get what they listen to meanwhile", async (stage) => {
    const other = await stage.listening("block.sent");
    const { sent } = await stalled(stage, "block.sent", 200);
    await other.tells(...sent.map((one) => heard(...one)));
  });

  if (!clock) return;

  declare("a live event waits for 10 s, and then is a gap", async (stage) => {
    const { peer, sent } = await stalled(stage, "block.sent", 120);
    const arrived = peer.unread().length;
    await stage.pass(11_000);
    catchUp(peer);
    await peer.tells(...sent.slice(0, arrived).map((one) => heard(...one)));
    await peer.tells(["gap", "block.sent", "a", "overflow", sent.length - arrived]);
  });

  declare(
    "a peer that takes nothing for 30 s although something waits is told goodbye, Slow",
    async (stage) => {
      const { peer } = await stalled(stage, "block.sent", 120);
      await stage.pass(29_000);
      expect(peer.closed).toBe(false);
      await stage.pass(2_000);
      expect(await peer.leaves()).toEqual(reason("Slow", true));
    },
  );
};

/** A peer that has said nothing of what it took, and was emitted more than may be on its way. */
async function stalled(
  stage: Parameters<Parameters<Parameters<ProtocolChapter>[0]>[1]>[0],
  name: string,
  count: number,
): Promise<{ readonly peer: RawPeer; readonly sent: readonly (readonly [string, unknown])[] }> {
  const peer = await stage.listening(name);
  peer.silent = true;
  const sent = blocks(name, "a", 0, count);
  for (const one of sent) await stage.emits(one);
  await stage.eventually(() => {
    if (!peer.closed) expect(peer.bytes).toBeGreaterThanOrEqual(window);
  });
  return { peer, sent };
}

/** It says how far it is, and goes on saying so. */
function catchUp(peer: RawPeer): void {
  peer.silent = false;
  const last: RawMessage = ["pong", peer.pings.at(-1)];
  peer.say(last);
}
