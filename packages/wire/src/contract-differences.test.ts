import { type Contract, defineContract, type EventwireError, event, request, task } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FakeLink, FakeSource } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";
import { ContractDifferences } from "./contract-differences.js";
import { createClient } from "./create-client.js";
import { traitsEntries, traitsParts } from "./traits.js";

const text = z.string();
const asked = { input: text, output: text };
type Definition = Contract["definitions"][string];

function differences(here: Definition, there: Definition) {
  const errors: EventwireError[] = [];
  const found = new ContractDifferences(defineContract({ it: here }), (error) => errors.push(error));
  found.learn(traitsEntries(defineContract({ it: there, more: there })), () => false);
  const words = [found.listening("it"), found.sending("it")].map((error) => error?.message);
  return { words, errors };
}

const both = { from: "both" } as const;
const fromClient = { from: "client" } as const;
const volatile = { delivery: "volatile" } as const;
const durable = { delivery: "durable" } as const;
const keyed = { key: (it: string) => it };

describe("a difference", () => {
  it.each<[string, Definition, Definition]>([
    ["of the schema", event(text), event(z.number())],
    ["to more senders", event(text), event(text, both)],
    ["to more who ask", request({ ...asked, from: "client" }), request(asked)],
    ["to a delivery that promises more, to who listens", event(text, volatile), event(text)],
    [
      "to a delivery that promises less, to who sends",
      event(text, fromClient),
      event(text, { ...fromClient, ...volatile }),
    ],
    ["to a key", event(text), event(text, keyed)],
    ["from a key, to who sends", event(text, { ...fromClient, ...keyed }), event(text, fromClient)],
  ])("%s is compatible", (_, here, there) => {
    expect(differences(here, there)).toEqual({ words: [undefined, undefined], errors: [] });
  });

  it.each<[string, "listening" | "sending" | "both", Definition, Definition]>([
    ['is of the kind "event" here and "task" at', "both", event(text), task(text)],
    ['is of the kind "request" here and "event" at', "both", request(asked), event(text)],
    ['is sent by "both" here and by "server" at', "sending", event(text, both), event(text)],
    ['is sent by "both" here and by "client" at', "listening", event(text, both), event(text, fromClient)],
    ['is sent by "client" here and by "server" at', "sending", event(text, fromClient), event(text)],
    [
      'is sent by "client" here and by "server" at',
      "sending",
      request({ ...asked, from: "client" }),
      request({ ...asked, from: "server" }),
    ],
    ["is live here and volatile at", "listening", event(text), event(text, volatile)],
    [
      "is volatile here and live at",
      "sending",
      event(text, { ...fromClient, ...volatile }),
      event(text, fromClient),
    ],
    ["is volatile here and durable at", "listening", event(text, volatile), event(text, durable)],
    ["is durable here and live at", "both", event(text, { ...both, ...durable }), event(text, both)],
    ["has a key here and none at", "listening", event(text, keyed), event(text)],
  ])("%s the server keeps from %s", (words, keeps, here, there) => {
    const full = `"it" ${words} the server, so it is not used. Deploy the same contract on both sides.`;
    const expected = [keeps === "sending" ? undefined : full, keeps === "listening" ? undefined : full];
    const { words: found, errors } = differences(here, there);
    expect(found).toEqual(expected);
    expect(errors).toMatchObject([{ code: "Unsupported", about: "it", message: full }]);
  });
});

it("tells what a contract has in parts that fit into any frame, none of it left out", () => {
  const names = Array.from({ length: 500 }, (_, index) => `${index}`.padStart(128, "n"));
  const contract = defineContract(Object.fromEntries(names.map((name) => [name, event(text)])));
  const parts = traitsParts(contract);
  expect(parts.flat()).toEqual(traitsEntries(contract));
  for (const part of parts) expect(JSON.stringify(["contract", part]).length).toBeLessThan(4_000);
  expect(traitsParts(defineContract({}))).toEqual([]);
});

describe("a client", () => {
  const contract = defineContract({
    "flight.position": event(text, volatile),
    "flight.landed": event(text, both),
    "flight.called": event(text, { ...fromClient, ...volatile }),
    "flight.find": request(asked),
  });
  const other = defineContract({
    "flight.position": event(text, durable),
    "flight.landed": event(text, both),
    "flight.called": event(text, fromClient),
    "flight.find": event(text),
    "flight.lost": event(text),
  });

  function start() {
    const errors: EventwireError[] = [];
    const source = new FakeSource();
    const onError = (error: EventwireError) => errors.push(error);
    const bus = createClient(contract, source, { runtime: new VirtualClock(), onError });
    const connect = async (there?: Contract) => {
      const link = source.give(new FakeLink());
      await settle();
      const [hello] = link.take();
      const fields = hello![1] as { readonly link: string };
      link.arrive(
        ["welcome", { protocol: 1, link: fields.link, contract: "0", peer: "p", maxFrameBytes: 1_000_000 }],
        ...(there ? [["contract", traitsEntries(there)]] : []),
      );
      await settle();
      return link;
    };
    return { bus, errors, connect };
  }

  it("refuses what differs, by name and difference, and goes on with the rest", async () => {
    const { bus, errors, connect } = start();
    const position = bus.on("flight.position", () => undefined);
    const landed: string[] = [];
    bus.on("flight.landed", (flight) => landed.push(flight));
    const link = await connect(other);
    await expect(position.ready).rejects.toThrow(
      '"flight.position" is volatile here and durable at the server',
    );
    await expect(bus.on("flight.position", () => undefined).ready).rejects.toMatchObject({
      code: "Unsupported",
    });
    await expect(bus.request("flight.find", "a")).rejects.toThrow(
      'is of the kind "request" here and "event"',
    );
    errors.length = 0;
    bus.emit("flight.called", "a");
    expect(errors).toMatchObject([{ code: "Unsupported", about: "flight.called" }]);
    bus.emit("flight.landed", "a");
    await settle();
    expect(link.take().map(([type, , name]) => [type, name])).toEqual([
      ["listen", "flight.position"],
      ["listen", "flight.landed"],
      ["unlisten", undefined],
      ["event", "a"],
    ]);
    link.arrive(["listening", 257], ["listening", 258], ["event", "flight.landed", "b", "id", 5]);
    expect(landed).toEqual(["a", "b"]);
  });

  it("tells of each difference once, however often it connects", async () => {
    const { errors, connect } = start();
    for (let link = 0; link < 3; link++) {
      (await connect(other)).close({ code: "Lost", message: "Lost.", retryable: true });
    }
    expect(errors.map(({ about }) => about)).toEqual(["flight.position", "flight.called", "flight.find"]);
  });

  it("uses again what a server of another release does not differ in", async () => {
    const { bus, connect } = start();
    bus.on("flight.position", () => undefined).ready.catch(() => undefined);
    (await connect(other)).close({ code: "Lost", message: "Lost.", retryable: true });
    const link = await connect();
    expect(link.take()).toEqual([["listen", 257, "flight.position"]]);
    void bus.request("flight.find", "a").result();
    await settle();
    expect(link.take()).toMatchObject([["request", 258, "flight.find", 10_000, "a"]]);
  });
});
