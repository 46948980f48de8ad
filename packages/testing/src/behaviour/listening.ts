import { stream } from "@eventwire/core/rxjs";
import { take, toArray } from "rxjs";
import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";

/** How listeners come and go. */
export function testListening(scenario: Scenario): void {
  scenario("listening is in force once it is ready", async (stage) => {
    const client = stage.client();
    const seen: number[] = [];
    const listening = client.bus.on("number.counted", (count) => seen.push(count));
    await listening.ready;
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    await stage.becomes(() => seen, [1]);
  });

  scenario("a listener that has stopped is not called again, and the others are", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    const stop = client.bus.on("number.counted", (count) => seen.push(`first ${count}`));
    client.bus.on("number.counted", (count) => seen.push(`second ${count}`));
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    await stage.becomes(() => seen, ["first 1", "second 1"]);
    stop();
    stop();
    await stage.settle();
    stage.server.bus.emit("number.counted", 2);
    await stage.becomes(() => seen, ["first 1", "second 1", "second 2"]);
  });

  scenario("a listener of a key may stop while one of the same key stays", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    const stop = client.bus.on("word.said", () => seen.push("first"), { key: "a" });
    client.bus.on("word.said", () => seen.push("second"), { key: "a" });
    await stage.settle();
    stop();
    await stage.settle();
    stage.server.bus.emit("word.said", { room: "a", text: "one" });
    await stage.becomes(() => seen, ["second"]);
  });

  scenario("who stops and listens again gets events again", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    for (const round of ["first", "second", "third"]) {
      const stop = client.bus.on("number.counted", () => seen.push(round));
      await stage.settle();
      stage.server.bus.emit("number.counted", 1);
      await stage.becomes(() => seen.at(-1), round);
      stop();
      await stage.settle();
    }
    stage.server.bus.emit("number.counted", 1);
    await stage.becomes(() => seen, ["first", "second", "third"]);
  });

  scenario("a listener may stop itself, and begin another, while it is called", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    const stop = client.bus.on("number.counted", (count) => {
      seen.push(`first ${count}`);
      stop();
      client.bus.on("number.counted", (next) => seen.push(`second ${next}`));
    });
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    await stage.becomes(() => seen, ["first 1"]);
    stage.server.bus.emit("number.counted", 2);
    await stage.becomes(() => seen, ["first 1", "second 2"]);
  });

  scenario("a signal ends listening", async (stage) => {
    const client = stage.client();
    const seen: number[] = [];
    const controller = new AbortController();
    client.bus.on("number.counted", (count) => seen.push(count), { signal: controller.signal });
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    await stage.becomes(() => seen, [1]);
    controller.abort();
    await stage.settle();
    stage.server.bus.emit("number.counted", 2);
    await stage.becomes(() => seen, [1]);
  });

  scenario("a subscription can be disposed of", async (stage) => {
    const client = stage.client();
    const seen: number[] = [];
    {
      using listening = client.bus.on("number.counted", (count) => seen.push(count));
      await listening.ready;
    }
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    await stage.becomes(() => seen, []);
  });

  scenario("once resolves with the next event, of its key where one is given", async (stage) => {
    const client = stage.client();
    const next = client.bus.once("number.counted");
    const nextOfKey = client.bus.once("word.said", { key: "a" });
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    stage.server.bus.emit("number.counted", 2);
    stage.server.bus.emit("word.said", { room: "b", text: "not this" });
    stage.server.bus.emit("word.said", { room: "a", text: "this" });
    expect(await next).toBe(1);
    expect(await nextOfKey).toEqual({ room: "a", text: "this" });
  });

  scenario("once rejects with the reason of its signal", async (stage) => {
    const client = stage.client();
    const controller = new AbortController();
    const next = client.bus.once("number.counted", { signal: controller.signal });
    await stage.settle();
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
  });

  scenario("events can be iterated, until the loop is left", async (stage) => {
    const client = stage.client();
    const seen: number[] = [];
    const events = client.bus.events("number.counted");
    await stage.settle();
    for (let count = 1; count <= 5; count++) stage.server.bus.emit("number.counted", count);
    for await (const count of events) {
      seen.push(count);
      if (count === 3) break;
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  scenario("a signal ends an iteration after what has come", async (stage) => {
    const client = stage.client();
    const controller = new AbortController();
    const events = client.bus.events("number.counted", { signal: controller.signal });
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    await stage.settle();
    controller.abort();
    const seen: number[] = [];
    for await (const count of events) seen.push(count);
    expect(seen).toEqual([1]);
  });

  scenario("a stream gives events as an Observable", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    stream(client.bus, "word.said", { key: "a" })
      .pipe(take(2), toArray())
      .subscribe((words) => seen.push(words.map(({ text }) => text)));
    await stage.settle();
    for (const text of ["one", "two", "three"]) {
      stage.server.bus.emit("word.said", { room: "a", text });
      stage.server.bus.emit("word.said", { room: "b", text: "other" });
    }
    await stage.becomes(() => seen, [["one", "two"]]);
  });
}
