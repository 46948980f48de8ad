import { type Key, OverflowError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import { FakeLink } from "../fixtures/fake-link.js";
import { turn } from "../fixtures/settle.js";
import { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { Channel, type ChannelLimits } from "./channel.js";
import { Counting } from "./counters.js";
import { decodeFrame } from "./frames.js";
import { eventsOf, type WireMessage } from "./messages.js";
import { type EventHead, OutgoingEvent } from "./outgoing.js";
import { partFrameBytes } from "./parts.js";
import { frameSize } from "./utf8.js";

const ignore = () => undefined;
const receiver = { message: ignore, malformed: ignore, closed: ignore, failed: ignore };
const nobody = { announced: ignore, message: ignore, refused: ignore, foreign: ignore };

interface Opened {
  readonly bufferedBytes?: number;
  readonly whenFull?: ChannelLimits["whenFull"];
  readonly maxFrameBytes?: number;
  readonly maxMessageBytes?: number;
  readonly packs?: boolean;
}

/** A channel that speaks parts. What it sent is put together again by `received`, with the kinds of messages as they crossed. */
function openChannel({
  bufferedBytes = 8_000_000,
  whenFull = "drop",
  maxFrameBytes = 1_000_000,
  maxMessageBytes = 4_000_000,
  packs = false,
}: Opened = {}) {
  const clock = new VirtualClock();
  const link = new FakeLink({ maxFrameBytes });
  const channel = new Channel(
    link,
    clock,
    new Counting(),
    { frameBytes: 1_000_000, bufferedBytes, whenFull },
    receiver,
  );
  channel.open();
  channel.settle(1_000_000, Infinity);
  if (packs) channel.pack(new Binary());
  channel.speakParts(maxMessageBytes, 4_000_000, nobody);

  const far = new FakeLink();
  const messages: WireMessage[] = [];
  const other = new Channel(
    far,
    clock,
    new Counting(),
    { frameBytes: 1_000_000, bufferedBytes: 8_000_000, whenFull: "drop" },
    { ...receiver, message: (message) => take(message), malformed: fail, failed: fail },
  );
  function fail(error: unknown): never {
    throw error;
  }
  function take(message: WireMessage) {
    if (message[0] === "events") messages.push(...eventsOf(message));
    else messages.push(message);
  }
  other.open();
  other.settle(1_000_000, Infinity);
  other.reader = new BinaryReader();
  other.speakParts(1, 8_000_000, {
    announced: ignore,
    message: take,
    refused: (_, error) => fail(error),
    foreign: fail,
  });
  let read = 0;
  const received = () => {
    for (; read < link.frames.length; read++) far.arriveRaw(link.frames[read]!);
    return messages.splice(0);
  };
  const send = (name: string, data: unknown, more: Partial<EventHead> = {}) => {
    const head = {
      delivery: "live",
      overflow: "drop-oldest",
      time: 5,
      number: undefined,
      key: undefined,
    } as const;
    const event = new OutgoingEvent({ ...head, prefix: "id", name, ...more }, data);
    channel.sendEvent(event);
    event.seal();
  };
  return { clock, link, channel, received, send };
}

const turns = async (count = 60) => {
  for (let index = 0; index < count; index++) await turn();
};
const large = "x".repeat(1_000_000);
const shown = (messages: readonly WireMessage[]) =>
  messages.map(([type, name, data]) =>
    type === "event" ? `${name} ${data === large ? "large" : data}` : `${type} ${name}`,
  );
const keyed = (key: Key) => ({ key });

describe("a large message", () => {
  it.each([false, true])("arrives whole, in frames no larger than a part, packed: %s", async (packs) => {
    const { link, received, send } = openChannel({ packs });
    send("a", large);
    await turns();
    expect(Math.max(...link.frames.map(frameSize))).toBeLessThanOrEqual(partFrameBytes);
    expect(link.frames.every((frame) => typeof frame === "string")).toBe(!packs);
    expect(shown(received())).toEqual(["a large"]);
  });

  it("goes in parts also where it does not look large", async () => {
    const { link, received, send } = openChannel({ packs: true });
    const pages = new Map(Array.from({ length: 50 }, (_, page) => [page, "x".repeat(10_000)]));
    send("b", "x".repeat(2_000));
    send("a", pages);
    send("b", "x".repeat(2_000));
    await turns();
    expect(Math.max(...link.frames.map(frameSize))).toBeLessThanOrEqual(partFrameBytes);
    expect(received()).toContainEqual(["event", "a", pages, "id", 5]);
  });

  it.each([0, 0.5])(
    "is sent whole where it looks large and takes little, with all its data: + %s",
    async (more) => {
      const { received, send } = openChannel({ packs: true });
      const numbers = Array.from({ length: 6_000 }, (_, index) => index + more);
      send("a", numbers);
      send("b", "x".repeat(2_000));
      await turns();
      expect(received().map(([, name, data]) => [name, data])).toEqual([
        ["a", numbers],
        ["b", "x".repeat(2_000)],
      ]);
    },
  );

  it("arrives over a link of small frames", async () => {
    const { link, received, send } = openChannel({ maxFrameBytes: 4_096, packs: true });
    send("a", new Uint8Array(100_000).fill(1));
    await turns();
    expect(Math.max(...link.frames.map(frameSize))).toBeLessThanOrEqual(4_096);
    expect(received()).toEqual([["event", "a", new Uint8Array(100_000).fill(1), "id", 5]]);
  });

  it("of objects that look alike comes behind what names their properties", async () => {
    const { received, send } = openChannel({ packs: true });
    const data = Array.from({ length: 20_000 }, (_, number) => ({ number, room: "a" }));
    send("a", data);
    await turns();
    expect(received()).toEqual([["event", "a", data, "id", 5]]);
  });

  it("is overtaken by small ones, which wait for one part at most", async () => {
    const { link, send, received } = openChannel();
    send("a", large);
    send("b", 1);
    await turn();
    for (let number = 2; number < 5; number++) {
      const before = link.frames.length;
      send("b", number);
      await turn();
      const at = link.frames.findIndex(
        (frame, index) => index >= before && String(frame).startsWith('[["event","b"'),
      );
      expect(at - before).toBeLessThanOrEqual(1);
    }
    await turns();
    expect(shown(received())).toEqual(["b 1", "b 2", "b 3", "b 4", "a large"]);
  });

  it("lets few parts be on their way to a peer that does not say it took them", async () => {
    const { link, send, received } = openChannel();
    link.silent = true;
    send("a", large);
    await turns();
    expect(link.frames).toHaveLength(4);
    send("b", 1);
    await turn();
    expect(shown(received())).toEqual(["b 1"]);
    link.silent = false;
    link.arriveRaw(`[["pong",${link.frames.reduce((sum, frame) => sum + frameSize(frame), 0)}]]`);
    await turns();
    expect(link.frames.length).toBeLessThan(10);
  });

  it("is sent on beside a flood of small ones that never ends", async () => {
    const { link, channel, send, received } = openChannel({ maxFrameBytes: 5_000 });
    send("a", "x".repeat(20_000));
    link.full = true;
    channel.send(["listening", 1]);
    await turn();
    for (let round = 0; round < 12; round++) {
      for (let number = 0; number < 20; number++) send("b", "y".repeat(1_000));
      link.full = true;
      link.drain();
      link.full = true;
      await turn();
    }
    expect(received().some(([type, name]) => type === "event" && name === "a")).toBe(true);
  });

  it("gives up a peer that takes none of it for half a minute", async () => {
    const { link, clock, send } = openChannel();
    link.silent = true;
    send("a", large);
    await turns(10);
    await clock.advance(30_000);
    expect(link.closed).toMatchObject({ code: "Slow" });
    expect(clock.timers).toBe(0);
  });

  it("is refused where it is more than the other side takes, or than may wait", () => {
    const { send } = openChannel({ maxMessageBytes: 500_000 });
    expect(() => send("a", large)).toThrow(/is over the 500000 that the other side takes/);
    const narrow = openChannel({ bufferedBytes: 500_000 });
    expect(() => narrow.send("a", large)).toThrow(/is over the 500000 that may wait here/);
  });

  it("is refused where a client has much waiting already, and what was taken arrives", async () => {
    const { send, received } = openChannel({ whenFull: "refuse", bufferedBytes: 1_500_000 });
    send("a", large);
    expect(() => send("b", large)).toThrow(OverflowError);
    await turns();
    expect(shown(received())).toEqual(["a large"]);
  });

  it("leaves before the goodbye of who closes", () => {
    const { channel, send, received } = openChannel();
    send("a", large);
    send("a", 1);
    channel.close({ code: "Test", message: "", retryable: true });
    expect(shown(received())).toEqual(["a large", "a 1", "goodbye [object Object]"]);
  });

  it("keeps the channel busy until its last part has left", async () => {
    const { channel, send } = openChannel();
    send("a", large);
    await turn();
    expect(channel.busy).toBe(true);
    await turns();
    expect(channel.busy).toBe(false);
  });
});

describe("order", () => {
  it("holds among events of one key, across names, and of one name without keys", async () => {
    const { send, received } = openChannel();
    send("before", 0, keyed("k"));
    send("a", large, keyed("k"));
    send("b", 1, keyed("k"));
    send("b", 2, keyed("other"));
    send("c", large);
    send("c", 3);
    send("a", 4);
    await turns();
    expect(shown(received())).toEqual(["before 0", "b 2", "a 4", "a large", "b 1", "c large", "c 3"]);
  });

  it("holds among what waited for the link before it, in its turn, and it", async () => {
    const { link, send, received } = openChannel({ maxFrameBytes: 5_000 });
    const half = "x".repeat(3_000);
    send("a", half);
    send("a", half);
    send("a", "x".repeat(9_000));
    send("a", 1);
    await turns(10);
    expect(received().map(([, , data]) => String(data).length)).toEqual([3_000, 3_000, 9_000, 1]);
    link.full = true;
    send("b", 0);
    await turn();
    for (let count = 1; count < 9; count++) send("a", "x".repeat(2_000 + count));
    send("a", "x".repeat(9_001));
    send("a", 1);
    link.drain();
    await turns(20);
    expect(received().map(([, , data]) => String(data).length)).toEqual([
      1,
      ...Array.from({ length: 8 }, (_, index) => 2_001 + index),
      9_001,
      1,
    ]);
  });

  it("holds among two large ones of a key and what comes between and behind them", async () => {
    const { send, received } = openChannel();
    send("a", large);
    send("a", 1);
    send("a", large);
    send("a", 2);
    send("b", 3);
    await turns();
    expect(shown(received())).toEqual(["b 3", "a large", "a 1", "a large", "a 2"]);
  });

  it("holds among what is said of one request, either way, and a sync comes last", async () => {
    const { channel, received } = openChannel();
    const text = (type: string, ref: number) => JSON.stringify([type, ref, large]);
    channel.sendEncoded(JSON.stringify(["request", 1, "a", 1_000, large]), ["request", 1]);
    channel.send(["pull", 1, 16]);
    channel.sendEncoded(text("item", 1), ["item", 1]);
    channel.sendEncoded('["answer",1]', ["answer", 1]);
    channel.send(["sync", 5]);
    channel.send(["pull", 2, 16]);
    await turns(80);
    expect(received().map(([type, ref]) => `${type} ${ref}`)).toEqual([
      "pull 2",
      "request 1",
      "pull 1",
      "item 1",
      "answer 1",
      "sync 5",
    ]);
  });
});

describe("what is behind a large message", () => {
  it("gives way like all that waits: of volatile events the newest of each key is sent", async () => {
    const { send, received } = openChannel();
    const moved = { delivery: "volatile", key: "k" } as const;
    send("a", large, keyed("k"));
    for (const number of [1, 2, 3]) send("moved", number, moved);
    await turns();
    expect(shown(received())).toEqual(["a large", "moved 3"]);
  });

  it("goes where more waits than may, and is told of", async () => {
    const { send, received } = openChannel({ bufferedBytes: 1_050_000 });
    send("a", large);
    await turn();
    for (let number = 0; number < 60; number++) send("a", `${number} ${"y".repeat(3_000)}`);
    await turns(80);
    const got = received();
    const gap = got.find(([type]) => type === "gap") as unknown as [string, string, null, string, number];
    expect(gap.slice(0, 4)).toEqual(["gap", "a", null, "overflow"]);
    const small = got.filter(([type, , data]) => type === "event" && data !== large);
    expect(small.length + gap[4]).toBe(60);
    expect(shown(got)).toContain("a large");
  });

  it("goes when it is live and has waited for ten seconds, but for what has begun", async () => {
    const { link, clock, send, received } = openChannel();
    link.silent = true;
    send("a", large);
    send("a", 1);
    send("b", large);
    await turns(10);
    await clock.advance(10_001);
    link.silent = false;
    link.arriveRaw(`[["pong",${link.frames.reduce((sum, frame) => sum + frameSize(frame), 0)}]]`);
    link.arriveRaw('[["pong",128000]]');
    await turns();
    expect(shown(received()).filter((one) => one.startsWith("a"))).toEqual(["a large"]);
  });
});

describe("a large volatile event", () => {
  const picture = { delivery: "volatile", key: "k" } as const;

  it("gives way to a newer one where it has not begun, and goes on where it has", async () => {
    const { send, received } = openChannel();
    const of = (number: number) => `${number}${large}`;
    send("picture", of(1), picture);
    await turn();
    for (const number of [2, 3, 4]) send("picture", of(number), picture);
    send("picture", "small", picture);
    await turns();
    expect(received().map(([, , data]) => String(data)[0])).toEqual(["1", "s"]);
  });
});

describe("what is withdrawn", () => {
  const question = JSON.stringify(["request", 1, "a", 1_000, large]);

  it("is not sent at all where it has not begun", async () => {
    const { channel, received } = openChannel();
    channel.sendEncoded(question, ["request", 1]);
    channel.send(["pull", 1, 16]);
    expect(channel.withdraw(["request", 1])).toBe(true);
    await turns();
    expect(received()).toEqual([["pull", 1, 16]]);
    expect(channel.busy).toBe(false);
  });

  it("stops where it has begun, and the other side is told", async () => {
    const { link, channel, send, received } = openChannel();
    channel.sendEncoded(question, ["request", 1]);
    await turns(3);
    expect(channel.withdraw(["request", 1])).toBe(true);
    const { length } = link.frames;
    expect(link.frames.at(-1)).toBe('[["abort"]]');
    await turns(5);
    expect(link.frames).toHaveLength(length);
    send("a", large);
    await turns();
    expect(shown(received())).toEqual(["a large"]);
  });

  it("is nothing where all of it was sent", async () => {
    const { channel } = openChannel();
    channel.sendEncoded(question, ["request", 1]);
    await turns();
    expect(channel.withdraw(["request", 1])).toBe(false);
  });
});

describe("where the other side speaks no parts", () => {
  it("a message is refused that is over a frame, as before", () => {
    const link = new FakeLink({ maxFrameBytes: 100_000 });
    const limits = { frameBytes: 1_000_000, bufferedBytes: 8_000_000, whenFull: "drop" } as const;
    const channel = new Channel(link, new VirtualClock(), new Counting(), limits, receiver);
    channel.open();
    channel.settle(1_000_000, Infinity);
    expect(() => channel.sendEncoded(JSON.stringify(["answer", 1, large]), ["answer", 1])).toThrow(
      /over the 100000 that the other side takes/,
    );
    channel.sendEncoded(JSON.stringify(["answer", 1, "x".repeat(90_000)]), ["answer", 1]);
  });
});

it("frames of one part each are read as messages of their own", () => {
  const event = new OutgoingEvent(
    { name: "a", key: undefined, delivery: "live", overflow: "drop-oldest", prefix: "p", number: 1, time: 5 },
    new Uint8Array(200_000),
  );
  const [first, second] = event.parts(new Binary(), partFrameBytes).frames;
  const types = (frame: string | Uint8Array) =>
    decodeFrame(frame, new BinaryReader()).map((one) => (one as WireMessage)[0]);
  expect(types(first!)).toEqual(["parts", "part"]);
  expect(types(second!)).toEqual(["part"]);
});
