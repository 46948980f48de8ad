import { createBus, defineContract, type EventwireError, event, type Gap, task } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { type Allow, createClient, createHub, type Principal } from "@eventwire/wire";
import { describe, expect, it, vi } from "vitest";
import { checked, text } from "./behaviour/checked.js";
import { MemoryNetwork, VirtualClock } from "./index.js";

const contract = defineContract({
  "bell.rung": event(checked(text)),
  "deed.recorded": event(checked(text), { delivery: "durable" }),
  "deed.copy": task(checked(text)),
});
type Name = "bell.rung" | "deed.recorded";

const decisionTimeout = 5_000;
const never = () => new Promise<boolean>(() => undefined);

/** A client whose server's rules answer as the test says, on a virtual clock. */
function open() {
  const clock = new VirtualClock();
  const rule = vi.fn<() => boolean | Promise<boolean>>(never);
  const history = vi.fn<() => boolean | Promise<boolean>>(() => true);
  const network = new MemoryNetwork({ runtime: clock });
  const bus = createBus(contract, {
    broker: memory({ runtime: clock }),
    runtime: clock,
    onError: () => undefined,
  });
  const allow: Allow<typeof contract, Principal> = {
    listen: { "*": rule },
    group: { "*": rule },
    work: { "*": rule },
    history: { "*": history },
  };
  const hub = createHub(bus, network.server, {
    authenticate: () => ({ id: "me" }),
    allow,
    limits: { decisionTimeout, resume: 60_000 },
  });
  const errors: EventwireError[] = [];
  const client = createClient(contract, network.client(), {
    runtime: clock,
    onError: (error) => errors.push(error),
  });
  const states: string[] = [];
  client.connection.watch(({ state }) => states.push(state));
  const heard: unknown[] = [];
  const gaps: Gap["reason"][] = [];
  const listen = (name: Name, options: { readonly group?: string; readonly since?: "start" } = {}) => {
    const onGap = ({ reason }: Gap) => void gaps.push(reason);
    return client.on(name, (data) => void heard.push(data), { onGap, ...options });
  };
  const emit = async (name: Name, data: string) => {
    bus.emit(name, data);
    await clock.advance(2_000);
  };
  return { clock, rule, history, bus, hub, client, errors, states, heard, gaps, listen, emit };
}

const kinds = [
  ["a live listener", "bell.rung", {}],
  ["a durable listener", "deed.recorded", {}],
  ["a member of a group", "deed.recorded", { group: "clerks" }],
] as const;

describe.each(kinds)("%s whose rule hangs", (_, name, options) => {
  it("hears once the rule answers, over the same link", async () => {
    const { clock, rule, errors, states, heard, gaps, listen, emit } = open();
    const subscription = listen(name, options);
    await clock.until(() => rule.mock.calls.length > 0);
    await clock.advance(60_000);
    rule.mockReturnValue(true);
    await clock.until(subscription.ready);
    await emit(name, "a");
    expect(heard).toEqual(["a"]);
    expect(gaps).toEqual([]);
    expect(states).toEqual(["connecting", "connected"]);
    expect(errors.map(({ code }) => code)).toEqual(["Unavailable"]);
  });

  it("has it asked at most once in a wait, and never again once it denies", async () => {
    const { clock, rule, listen } = open();
    const times: number[] = [];
    rule.mockImplementation(() => {
      times.push(clock.monotonic());
      return never();
    });
    const { ready } = listen(name, options);
    ready.catch(() => undefined);
    await clock.until(() => times.length > 0);
    await clock.advance(600_000);
    const waits = times.slice(1).map((time, index) => time - times[index]! - decisionTimeout);
    expect(waits.length).toBeGreaterThan(10);
    for (const [index, wait] of waits.entries())
      expect(wait).toBeGreaterThanOrEqual(Math.min(30_000, 1_000 * 2 ** index) / 2);
    rule.mockReturnValue(false);
    await expect(clock.until(ready)).rejects.toMatchObject({ code: "Denied" });
    rule.mockClear();
    await clock.advance(600_000);
    expect(rule).not.toHaveBeenCalled();
  });

  it("goes on where it was in force before, and is told what it has missed", async () => {
    const { clock, rule, hub, heard, gaps, states, listen, emit } = open();
    rule.mockReturnValue(true);
    await clock.until(listen(name, options).ready);
    await emit(name, "a");
    rule.mockImplementation(never);
    expect(await clock.until(hub.reauthorize())).toBe(1);
    await emit(name, "b");
    rule.mockReturnValue(true);
    await clock.advance(60_000);
    await emit(name, "c");
    expect(states).toEqual(["connecting", "connected"]);
    expect([heard, gaps]).toEqual(
      name === "bell.rung" ? [["a", "c"], ["disconnected"]] : [["a", "b", "c"], []],
    );
  });
});

describe.each([
  ["a durable listener", {}],
  ["the first of a group", { group: "clerks" }],
])("%s that begins far back, where the rule for that hangs", (_, options) => {
  it("skips nothing, and begins once the rule answers", async () => {
    const { clock, rule, history, heard, gaps, listen, emit } = open();
    rule.mockReturnValue(true);
    history.mockImplementation(never);
    await emit("deed.recorded", "old");
    await clock.advance(3_600_000);
    const { ready } = listen("deed.recorded", { since: "start", ...options });
    await clock.until(() => history.mock.calls.length > 0);
    await clock.advance(20_000);
    expect([heard, gaps]).toEqual([[], []]);
    history.mockReturnValue(true);
    await clock.until(ready);
    await clock.advance(2_000);
    expect([heard, gaps]).toEqual([["old"], []]);
  });
});

describe("a worker whose rule hangs", () => {
  it("begins once the rule answers, over the same link", async () => {
    const { clock, rule, bus, client, states, heard } = open();
    await clock.until(bus.enqueue("deed.copy", "a"));
    const { ready } = client.work("deed.copy", (data) => void heard.push(data));
    await clock.until(() => rule.mock.calls.length > 0);
    await clock.advance(60_000);
    rule.mockReturnValue(true);
    await clock.until(ready);
    await clock.until(() => heard.length > 0);
    expect(heard).toEqual(["a"]);
    expect(states).toEqual(["connecting", "connected"]);
  });

  it("is none once the rule denies", async () => {
    const { clock, rule, client } = open();
    const { ready } = client.work("deed.copy", () => undefined);
    ready.catch(() => undefined);
    await clock.until(() => rule.mock.calls.length > 0);
    await clock.advance(60_000);
    rule.mockReturnValue(false);
    await expect(clock.until(ready)).rejects.toMatchObject({ code: "Denied" });
    rule.mockClear();
    await clock.advance(600_000);
    expect(rule).not.toHaveBeenCalled();
  });

  it("is given nothing where it was in force before, until the rule answers", async () => {
    const { clock, rule, bus, hub, client, errors, heard } = open();
    rule.mockReturnValue(true);
    await clock.until(client.work("deed.copy", (data) => void heard.push(data)).ready);
    rule.mockImplementation(never);
    expect(await clock.until(hub.reauthorize())).toBe(1);
    await clock.until(bus.enqueue("deed.copy", "a"));
    await clock.advance(60_000);
    expect(heard).toEqual([]);
    rule.mockReturnValue(true);
    await clock.until(() => heard.length > 0);
    expect(heard).toEqual(["a"]);
    expect(errors).toEqual([]);
  });
});
