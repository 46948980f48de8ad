import { type InvalidError, OverflowError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import { FakeLink } from "../fixtures/fake-link.js";
import { settle, turn } from "../fixtures/settle.js";
import { Batch } from "./batch.js";
import { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { Channel, type ChannelLimits } from "./channel.js";
import { Counting } from "./counters.js";
import { decodeFrame } from "./frames.js";
import { type Events, eventsOf, maxMessages, type WireMessage } from "./messages.js";
import { OutgoingEvent } from "./outgoing.js";

function openChannel({
  frameBytes = 1_000_000,
  bufferedBytes = 100_000,
  maxFrameBytes = 1_000_000,
  whenFull = "drop" as ChannelLimits["whenFull"],
} = {}) {
  const link = new FakeLink({ maxFrameBytes });
  const counting = new Counting();
  const received: WireMessage[] = [];
  const malformed: (InvalidError | OverflowError)[] = [];
  const failed: unknown[] = [];
  const closed: string[] = [];
  const receiver = {
    message: (message: WireMessage) => void received.push(message),
    malformed: (error: InvalidError | OverflowError) => void malformed.push(error),
    closed: ({ code }: { readonly code: string }) => void closed.push(code),
    failed: (error: unknown) => void failed.push(error),
  };
  const limits = { frameBytes, bufferedBytes, whenFull };
  const clock = new VirtualClock();
  const channel = new Channel(link, clock, counting, limits, receiver);
  channel.open();
  return { link, channel, clock, counting, received, malformed, failed, closed, receiver };
}

const reason = { code: "Test", message: "It is over.", retryable: false };
const refs = (link: FakeLink) => link.take().map(([, ref]) => ref);

describe("sending", () => {
  it("puts what is sent in one turn into one frame, in order", async () => {
    const { link, channel } = openChannel();
    for (const ref of [1, 2, 3]) channel.send(["listening", ref]);
    expect(link.frames).toEqual([]);
    await settle();
    expect(link.frames).toEqual(['[["listening",1],["listening",2],["listening",3]]']);
    channel.send(["listening", 4]);
    await settle();
    expect(link.frames).toHaveLength(2);
  });

  it("lets questions and answers leave before the turn is over where they weigh much, in order", async () => {
    const { link, channel } = openChannel();
    const answer = (ref: number) => channel.sendData(["answer", ref, "x".repeat(1_000)], "a");
    channel.send(["listening", 1]);
    for (let ref = 2; ref <= 16; ref++) answer(ref);
    expect(link.frames).toEqual([]);
    for (let ref = 17; ref <= 40; ref++) answer(ref);
    expect(link.frames).toHaveLength(2);
    await settle();
    expect(link.frames).toHaveLength(3);
    expect(refs(link)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it("keeps what weighs much until it may be sent", async () => {
    const { link, channel } = openChannel();
    link.full = true;
    channel.send(["listening", 1]);
    await settle();
    for (let ref = 2; ref <= 40; ref++) channel.sendData(["answer", ref, "x".repeat(1_000)], "a");
    expect(link.frames).toHaveLength(1);
    link.full = false;
    link.drain();
    await settle();
    expect(refs(link)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it("gathers what several turns bring where frames follow closely and nothing comes", async () => {
    const { link, channel, clock } = openChannel();
    const sent = async (from: number) => {
      link.take();
      const before = link.frames.length;
      for (let ref = from; ref < from + 8; ref++) {
        channel.send(["listening", ref]);
        await turn();
      }
      await settle();
      return link.frames.length - before;
    };
    // The first frames leave at once, each in its turn; the others when the turns bring nothing more.
    expect(await sent(0)).toBe(6);
    expect(await sent(8)).toBe(1);
    expect(refs(link)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    link.arrive(["ping"]);
    expect(await sent(16)).toBe(6);
    await clock.advance(5);
    expect(await sent(24)).toBe(6);
  });

  it("collects while the link is full, and goes on when it has drained", async () => {
    const { link, channel } = openChannel();
    link.full = true;
    channel.send(["listening", 1]);
    await settle();
    for (const ref of [2, 3]) {
      channel.send(["listening", ref]);
      await settle();
    }
    expect(refs(link)).toEqual([1]);
    link.drain();
    await settle();
    expect(link.frames).toHaveLength(2);
    expect(refs(link)).toEqual([2, 3]);
  });

  it("stops between two frames when the link becomes full", async () => {
    const { link, channel } = openChannel({ maxFrameBytes: 20 });
    link.full = true;
    for (const ref of [1, 2, 3]) channel.send(["listening", ref]);
    await settle();
    expect(refs(link)).toEqual([1]);
    link.drain();
    await settle();
    expect(refs(link)).toEqual([2, 3]);
  });

  it("fills frames up to the byte that the other side takes, and not beyond", async () => {
    const one = '["listening",1]'.length;
    for (const [maxFrameBytes, frames] of [
      [2 * one + 3, 1],
      [2 * one + 2, 2],
    ] as const) {
      const { link, channel, counting } = openChannel({ maxFrameBytes });
      channel.send(["listening", 1]);
      channel.send(["listening", 2]);
      await settle();
      expect(link.frames).toHaveLength(frames);
      for (const frame of link.frames) expect(frame.length).toBeLessThanOrEqual(maxFrameBytes);
      expect(counting.bytesOut).toBe(link.frames.join("").length);
      expect(counting.framesOut).toBe(frames);
    }
  });

  it("puts no more messages into a frame than a frame may hold", async () => {
    const { link, channel } = openChannel();
    for (let ref = 0; ref <= maxMessages; ref++) channel.send(["listening", ref]);
    await settle();
    expect(link.frames).toHaveLength(2);
    expect(refs(link)).toHaveLength(maxMessages + 1);
  });

  it("measures in bytes, not in characters", () => {
    const { channel } = openChannel({ maxFrameBytes: 20 });
    channel.sendEncoded('"éééé"', ["answer", 1]);
    expect(() => channel.sendEncoded('"éééééééé🎈"', ["answer", 1])).toThrow(/22 bytes is over the 20/);
  });

  it("refuses a message that is over a frame alone, and sends the others", async () => {
    const { link, channel } = openChannel({ maxFrameBytes: 40 });
    channel.send(["listening", 1]);
    expect(() => channel.sendEncoded(`"${"x".repeat(40)}"`, ["answer", 1])).toThrow(
      expect.objectContaining({ code: "Overflow" }),
    );
    channel.send(["listening", 2]);
    await settle();
    expect(refs(link)).toEqual([1, 2]);
  });

  it.each([38, 39, 40])(
    "refuses one of %s bytes for a frame of 39 where it does not fit with its brackets",
    async (bytes) => {
      const { link, channel, failed } = openChannel({ maxFrameBytes: 39 });
      const answer = () => channel.sendEncoded(JSON.stringify("x".repeat(bytes - 2)), ["answer", 1]);
      expect(answer).toThrow(OverflowError);
      channel.send(["listening", 2]);
      await settle();
      expect(refs(link)).toEqual([2]);
      expect(failed).toEqual([]);
      expect(channel.busy).toBe(false);
    },
  );

  it("closes a peer that reads too slowly, tells it so, and spares it what waited", async () => {
    const { link, channel, closed } = openChannel({ bufferedBytes: 100 });
    link.full = true;
    channel.send(["listening", 1]);
    await settle();
    for (let ref = 2; ref < 20; ref++) channel.send(["listening", ref]);
    expect(link.closed).toMatchObject({ code: "Slow", retryable: true });
    expect(closed).toEqual(["Slow"]);
    expect(link.take()).toEqual([
      ["listening", 1],
      ["goodbye", expect.objectContaining({ code: "Slow" })],
    ]);
  });

  it("counts what the link still holds toward a slow peer's limit", async () => {
    const { link, channel } = openChannel({ bufferedBytes: 100 });
    link.full = true;
    channel.send(["listening", 1]);
    await settle();
    link.bufferedBytes = 90;
    channel.send(["listening", 2]);
    expect(link.closed).toMatchObject({ code: "Slow" });
  });

  it("refuses what is too much where it must not close, and what was taken still leaves", async () => {
    const { link, channel } = openChannel({ bufferedBytes: 100, whenFull: "refuse" });
    const event = JSON.stringify(["event", "a", "x".repeat(50), "id"]);
    channel.sendEncoded(event, ["answer", 1]);
    expect(() => channel.sendEncoded(event, ["answer", 1])).toThrow(OverflowError);
    channel.send(["listen", 1, "a"]);
    await settle();
    expect(link.take().map(([type]) => type)).toEqual(["event", "listen"]);
    expect(link.closed).toBeUndefined();
  });

  it("tells of shapes before a frame that has no room for them", async () => {
    const maxFrameBytes = 4_096;
    const { link, channel } = openChannel({ maxFrameBytes });
    channel.pack(new Binary());
    const head = { key: undefined, delivery: "live", overflow: "drop-oldest", time: undefined } as const;
    const emit = (number: number, data: unknown) => {
      const event = new OutgoingEvent({ ...head, name: "a", prefix: "p", number }, data);
      channel.sendEvent(event);
      event.seal();
    };
    const names = Array.from({ length: 30 }, (_, index) => `a rather long name of a property ${index}`);
    const object = Object.fromEntries(names.map((name) => [name, 1]));
    emit(1, [object, "x".repeat(1_500)]);
    await settle();
    emit(2, [object, "x".repeat(3_800)]);
    await settle();
    const reader = new BinaryReader();
    const data = link.frames.flatMap((frame) => {
      expect(frame.length).toBeLessThanOrEqual(maxFrameBytes);
      return decodeFrame(frame, reader).flatMap((run) => eventsOf(run as Events).map((event) => event[2]));
    });
    expect(data).toEqual([
      [object, "x".repeat(1_500)],
      [object, "x".repeat(3_800)],
    ]);
  });

  it("answers one peer with shapes of its own, of which it takes no numbers from others", async () => {
    const [binary, start] = [new Binary(), new Batch()];
    const answering = () => {
      const { link, channel } = openChannel({ maxFrameBytes: 1_000_000, bufferedBytes: 1_000_000 });
      channel.pack(binary, start);
      return async (...outputs: readonly object[]) => {
        const before = link.frames.length;
        channel.sendData(["answer", 0, "x".repeat(2_000)], "a");
        for (const [index, output] of outputs.entries()) channel.sendData(["answer", index + 1, output], "a");
        await settle();
        expect(link.frames.at(-1)).toBeInstanceOf(Uint8Array);
        expect(link.take().slice(1)).toEqual(outputs.map((output, index) => ["answer", index + 1, output]));
        return link.frames.slice(before).filter((frame) => typeof frame === "string");
      };
    };
    const [echo, other] = [answering(), answering()];
    const named = Array.from({ length: 200 }, (_, index) => ({ [`name ${index}`]: index }));
    for (let round = 0; round < 3; round++) await echo(...named);
    expect(binary.table.names(0)).toBeUndefined();
    const point = { x: 1, y: 2 };
    expect(await other(point, point, point)).toEqual(['[["shape",192,["x","y"]]]']);
    // What another peer was answered shows nowhere in what this one is.
    expect(await other(named[0]!)).toEqual([]);
    expect(await other(named[0]!)).toEqual(['[["shape",193,["name 0"]]]']);
  });

  describe("where it writes bytes for one receiver", () => {
    function openPacking(maxFrameBytes = 1_000_000) {
      const opened = openChannel({ maxFrameBytes, bufferedBytes: 1_000_000, whenFull: "refuse" });
      opened.channel.pack(new Binary());
      let number = 0;
      const emit = (data: unknown) => {
        const head = { key: undefined, delivery: "live", overflow: "drop-oldest", time: undefined } as const;
        number += 1;
        const event = new OutgoingEvent({ ...head, name: "a", prefix: "p", number }, data);
        opened.channel.sendEvent(event);
        event.seal();
      };
      return { ...opened, emit };
    }
    const large = "x".repeat(1_500);
    const sizes = (link: FakeLink) => link.frames.map(({ length }) => length);

    it("keeps a heavy question that is asked while an event is written for when it has been written", async () => {
      const { link, channel, emit, failed } = openPacking();
      emit({ text: large });
      let asked = false;
      const asking = {
        text: large,
        get asks() {
          if (!asked) channel.sendEncoded(`["request",1,"b",1000,"${"x".repeat(20_000)}"]`, ["request", 1]);
          asked = true;
          return true;
        },
      };
      emit(asking);
      emit({ text: large });
      await settle();
      expect(link.take().map(([type, ref]) => [type, ref])).toEqual([
        ["event", "a"],
        ["event", "a"],
        ["request", 1],
        ["event", "a"],
      ]);
      expect(failed).toEqual([]);
    });

    it("tells of shapes before the frame of objects that have them", async () => {
      const { link, emit } = openPacking();
      const events = [
        { text: large, at: null },
        { text: large, at: { x: 1, y: { z: 2 } } },
        { text: large, at: { x: 3, y: { z: 4 } } },
      ];
      for (const event of events) emit(event);
      await settle();
      expect(link.frames[0]).toBe('[["shape",0,["text","at"]],["shape",1,["x","y"]],["shape",2,["z"]]]');
      expect(link.frames).toHaveLength(2);
      expect(link.take().map(([, , data]) => data)).toEqual(events);
    });

    it("fills no frame beyond what is taken with what waited as text and as bytes", async () => {
      const { link, channel, emit } = openPacking(10_000);
      link.full = true;
      channel.send(["listening", 1]);
      await settle();
      const ask = (ref: number) => channel.sendEncoded(`["request",${ref},"a",1,"input"]`, ["request", ref]);
      for (let ref = 0; ref < 900; ref++) {
        if (ref === 100 || ref === 600) emit(large);
        ask(ref);
      }
      link.drain();
      await settle();
      for (const size of sizes(link)) expect(size).toBeLessThanOrEqual(10_000);
      expect(link.take()).toHaveLength(903);
    });

    it("sends as text what fills a frame of text to the byte", async () => {
      const { link, channel, emit } = openPacking(10_000);
      emit(large);
      const request = `["request",1,"a",1,"${"x".repeat(9_998 - 23)}"]`;
      channel.sendEncoded(request, ["request", 1]);
      emit(large);
      await settle();
      expect(sizes(link)[1]).toBe(request.length + 2);
      expect(request.length + 2).toBeGreaterThan(9_994);
      expect(link.take().map(([type]) => type)).toEqual(["event", "request", "event"]);
    });

    it("sends what is emitted as an event is encoded behind that event", async () => {
      const { link, emit } = openPacking();
      for (const inner of ["inner", large]) {
        emit(large);
        emit([
          large,
          {
            toJSON: () => {
              emit(inner);
              return "outer";
            },
          },
        ]);
        emit("last");
        await settle();
        expect(link.take().map(([, , data]) => data)).toEqual([large, [large, "outer"], inner, "last"]);
      }
    });
  });

  it("sends as bytes what waited and became too large a text for another receiver since", async () => {
    const { link, channel } = openChannel({ maxFrameBytes: 4_096 });
    channel.pack(new Binary(), new Batch());
    link.full = true;
    channel.send(["listening", 1]);
    await settle();
    const head = { key: undefined, delivery: "live", overflow: "drop-oldest", time: undefined } as const;
    const data = Array.from({ length: 3_000 }, () => true);
    const event = new OutgoingEvent({ ...head, name: "a", prefix: "p", number: 1 }, data);
    channel.sendEvent(event);
    event.encode(undefined);
    event.seal();
    link.drain();
    await settle();
    expect(link.frames[1]!.length).toBeLessThanOrEqual(4_096);
    expect(link.take().at(-1)).toEqual(["event", "a", data, "p.1"]);
  });

  it("gives up no event where it refuses, however long it waits and whatever comes after it", async () => {
    const { link, channel, clock } = openChannel({ bufferedBytes: 1_000, whenFull: "refuse" });
    const emit = (data: string) => {
      const head = { key: undefined, delivery: "live", overflow: "drop-oldest", time: undefined } as const;
      const event = new OutgoingEvent({ ...head, name: "a", prefix: data, number: undefined }, data);
      channel.sendEvent(event);
      event.seal();
    };
    link.full = true;
    channel.send(["ping"]);
    await settle();
    emit("first");
    expect(() => {
      for (;;) emit("more");
    }).toThrow(OverflowError);
    for (let ref = 0; ref < 20; ref++) channel.send(["listen", ref, "a"]);
    await clock.advance(20_000);
    link.drain();
    await settle();
    const sent = link.take();
    expect(sent.map(([type]) => type)).not.toContain("gap");
    expect(sent.slice(0, 2)).toEqual([["ping"], ["event", "a", "first", "first"]]);
    expect(link.closed).toBeUndefined();
    link.full = true;
    channel.send(["ping"]);
    await settle();
    for (let ref = 0; ref < 200; ref++) channel.send(["listen", ref, "a"]);
    expect(link.closed).toMatchObject({ code: "Slow" });
  });

  it("no longer counts what has left", async () => {
    const { link, channel } = openChannel({ bufferedBytes: 100 });
    for (let ref = 0; ref < 50; ref++) {
      channel.send(["listening", ref]);
      await settle();
    }
    expect(link.closed).toBeUndefined();
  });
});

describe("flow", () => {
  const window = 1_000_000;
  const kilobyte = "x".repeat(996);

  async function flood(channel: Channel, kilobytes: number) {
    for (let count = 0; count < kilobytes; count++) {
      channel.sendEncoded(`"${kilobyte}"`, ["answer", 1]);
      if (count % 50 === 0) await settle();
    }
    await settle();
  }

  it("stops when the other side says nothing of what it was sent, and goes on when it does", async () => {
    const { link, channel } = openChannel({ bufferedBytes: 8_000_000 });
    channel.settle(1_000_000, Infinity);
    link.silent = true;
    await flood(channel, 2_000);
    const sent = () => link.frames.reduce((bytes, frame) => bytes + frame.length, 0);
    const before = sent();
    expect(before).toBeGreaterThanOrEqual(window);
    expect(before).toBeLessThan(window + 100_000);
    link.arriveRaw('[["pong",250000]]');
    await settle();
    expect(sent()).toBeGreaterThan(before);
    link.silent = false;
    link.arriveRaw('[["pong",500000]]');
    for (let turn = 0; turn < 50; turn++) await settle();
    expect(sent()).toBeGreaterThan(1_900_000);
  });

  it("says what it took also while it may send nothing more itself: both sides may send much at once", async () => {
    const [one, other] = [
      openChannel({ bufferedBytes: 8_000_000 }),
      openChannel({ bufferedBytes: 8_000_000 }),
    ];
    for (const [near, far] of [
      [one, other],
      [other, one],
    ] as const) {
      near.link.send = (frame) => {
        void turn().then(() => far.link.arriveRaw(frame));
        return true;
      };
      near.receiver.message = (message) => {
        if (message[0] === "ping") near.channel.answer(message);
        else near.received.push(message);
      };
      near.channel.settle(1_000_000, Infinity);
    }
    for (let count = 0; count < 3_000; count++) {
      for (const { channel } of [one, other])
        channel.sendEncoded(`["answer",1,"${kilobyte}"]`, ["answer", 1]);
    }
    for (let count = 0; count < 100; count++) await turn();
    expect([one.received.length, other.received.length]).toEqual([3_000, 3_000]);
  });

  it("answers pings once, when the link has drained", async () => {
    const { link, channel } = openChannel();
    channel.settle(1_000_000, Infinity);
    link.full = true;
    channel.send(["listening", 1]);
    await settle();
    for (const sent of [1, 2, 3]) {
      channel.answer(["ping", sent]);
      await settle();
    }
    expect(link.take()).toEqual([["listening", 1]]);
    link.drain();
    await settle();
    expect(link.take()).toEqual([["pong", 3]]);
  });

  it("believes nobody to have taken more than was asked about", async () => {
    const { link, channel } = openChannel({ bufferedBytes: 8_000_000 });
    channel.settle(1_000_000, Infinity);
    link.silent = true;
    await flood(channel, 1_500);
    const { length } = link.frames;
    link.arriveRaw('[["pong",9007199254740991]]');
    await settle();
    expect(link.frames).toHaveLength(length);
  });

  it("gives up a peer that takes nothing for half a minute", async () => {
    const { link, channel, clock } = openChannel();
    channel.settle(1_000_000, Infinity);
    link.full = true;
    channel.send(["listening", 1]);
    await settle();
    await clock.advance(29_999);
    expect(link.closed).toBeUndefined();
    await clock.advance(1);
    expect(link.closed).toMatchObject({ code: "Slow", retryable: true });
  });

  it("has patience with a peer that is never done, as long as it says now and then that it took some", async () => {
    const { link, channel, clock } = openChannel({ bufferedBytes: 8_000_000 });
    channel.settle(1_000_000, Infinity);
    link.silent = true;
    await flood(channel, 4_000);
    link.full = true;
    for (const taken of [250_000, 500_000, 750_000]) {
      await clock.advance(26_000);
      link.arriveRaw(`[["pong",${taken}]]`);
      await settle();
      expect(link.closed).toBeUndefined();
    }
    await clock.advance(40_000);
    expect(link.closed).toMatchObject({ code: "Slow" });
  });

  it("has patience with a link that stays full, as long as something leaves it now and then", async () => {
    const { link, channel, clock } = openChannel();
    channel.settle(1_000_000, Infinity);
    link.full = true;
    link.bufferedBytes = 90_000;
    channel.send(["listening", 1]);
    await settle();
    for (let time = 0; time < 8; time++) {
      await clock.advance(25_000);
      link.bufferedBytes -= 1;
      expect(link.closed).toBeUndefined();
    }
    await clock.advance(29_999);
    expect(link.closed).toBeUndefined();
    await clock.advance(5_001);
    expect(link.closed).toMatchObject({ code: "Slow" });
  });

  it("has patience with a peer that takes something now and then", async () => {
    const { link, channel, clock } = openChannel();
    channel.settle(1_000_000, Infinity);
    for (let time = 0; time < 5; time++) {
      link.full = true;
      channel.send(["listening", time]);
      await settle();
      await clock.advance(20_000);
      link.drain();
    }
    expect(link.closed).toBeUndefined();
    await clock.advance(100_000);
    expect(link.closed).toBeUndefined();
    expect(clock.timers).toBe(0);
  });
});

describe("closing", () => {
  it("sends what waited, also to a link that is full, then says why", async () => {
    const { link, channel } = openChannel();
    link.full = true;
    channel.send(["listening", 1]);
    await settle();
    channel.send(["listening", 2]);
    channel.close(reason);
    expect(link.take()).toEqual([
      ["listening", 1],
      ["listening", 2],
      ["goodbye", reason],
    ]);
    expect(link.closed).toEqual(reason);
  });

  it("happens once", () => {
    const { link, channel, closed } = openChannel();
    channel.close(reason);
    channel.close({ ...reason, code: "Other" });
    channel.send(["listening", 1]);
    expect(closed).toEqual(["Test"]);
    expect(link.take()).toEqual([["goodbye", reason]]);
  });

  it("closes the link even where it can no longer be sent on", () => {
    const { link, channel, failed } = openChannel();
    link.send = () => {
      throw new Error("broken pipe");
    };
    channel.close(reason);
    expect(link.closed).toEqual(reason);
    expect(failed).toMatchObject([{ message: "broken pipe" }]);
  });

  it("gives up what waits when the link is lost, and takes nothing more", async () => {
    const { link, channel, closed } = openChannel();
    channel.send(["listening", 1]);
    link.close({ ...reason, code: "Lost" });
    channel.send(["listening", 2]);
    channel.close(reason);
    await settle();
    expect(link.frames).toEqual([]);
    expect(closed).toEqual(["Lost"]);
  });

  it("ends the reading of the frame that it happened in, and of all after it", () => {
    const { link, channel, received, receiver, counting } = openChannel();
    receiver.message = (message) => {
      received.push(message);
      channel.close(reason);
    };
    link.arrive(["listening", 1], ["listening", 2]);
    link.arrive(["listening", 3]);
    expect(received).toEqual([["listening", 1]]);
    expect(counting.framesIn).toBe(1);
  });
});

describe("receiving", () => {
  it("contains what the receiver throws, and goes on with the next message", () => {
    const { link, received, receiver, failed } = openChannel();
    receiver.message = (message) => {
      if (message[1] === 1) throw new Error("broken");
      received.push(message);
    };
    link.arrive(["listening", 1], ["listening", 2]);
    expect(failed).toMatchObject([{ message: "broken" }]);
    expect(received).toEqual([["listening", 2]]);
  });

  it("takes the messages that it can read, and tells once of those that it cannot", () => {
    const { link, received, malformed } = openChannel();
    link.arriveRaw('[1,["listening",1],["nothing"],["listening",2],{}]');
    expect(received).toHaveLength(2);
    expect(malformed).toMatchObject([{ code: "Invalid" }]);
  });

  it("refuses a frame over its limit before reading it", () => {
    const { link, received, malformed, counting } = openChannel({ frameBytes: 20 });
    link.arriveRaw(`[["listening",1]${" ".repeat(20)}]`);
    link.arriveRaw(new Uint8Array(21));
    expect(malformed).toMatchObject([{ code: "Overflow" }, { code: "Overflow" }]);
    expect(received).toEqual([]);
    expect(counting).toMatchObject({ framesIn: 2, bytesIn: 58 });
  });

  it.each(["", "{}", "null", "1", "[", "undefined", '"hello"', new Uint8Array([91, 93])])(
    "refuses %j as a frame",
    (frame) => {
      const { link, malformed } = openChannel();
      link.arriveRaw(frame);
      expect(malformed).toMatchObject([{ code: "Invalid" }]);
    },
  );
});
