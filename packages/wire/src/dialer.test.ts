import { type CloseReason, type Link, MisuseError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import { type Attempt, Dialer, type ReconnectOptions } from "./dialer.js";
import type { LinkEnd } from "./link-end.js";

const unreachable: CloseReason = { code: "ConnectFailed", message: "Nobody is there.", retryable: true };
const denied: CloseReason = { code: "Denied", message: "No.", retryable: false };
const lost: CloseReason = { code: "Lost", message: "It is gone.", retryable: true };

const carrier = {
  facts: { transport: "test", maxFrameBytes: 1_000, reliable: true },
  bufferedBytes: 0,
  write: () => undefined,
  ended: () => undefined,
};

/** A dialer whose attempts are the test's to end. `random` 1 makes each wait as long as it may be. */
function startDialing(options: ReconnectOptions = {}, random = 1) {
  const clock = new VirtualClock();
  clock.random = () => random;
  const attempts: (Attempt & { readonly at: number })[] = [];
  const given: Link[] = [];
  const failures: string[] = [];
  let abandoned = 0;
  const dialer = new Dialer(clock, options, ({ connected, failed }) => {
    attempts.push({ connected, failed, at: clock.monotonic() });
    return () => {
      abandoned += 1;
    };
  });
  const stop = dialer.listen(
    (link) => given.push(link),
    ({ code }) => failures.push(code),
  );
  const connect = (): LinkEnd => attempts.at(-1)!.connected(carrier);
  const fail = (reason = unreachable) => attempts.at(-1)!.failed(reason);
  return { clock, dialer, attempts, given, failures, stop, connect, fail, abandoned: () => abandoned };
}

describe("attempts", () => {
  it("wait up to twice as long each time, up to the longest", async () => {
    const { clock, attempts, fail, failures } = startDialing();
    for (let round = 0; round < 8; round++) {
      fail();
      await clock.advance(30_000);
    }
    const waits = attempts.slice(1).map(({ at }, index) => at - index * 30_000);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(failures).toHaveLength(8);
  });

  it("wait for what chance says of that, so that many clients spread", async () => {
    const { clock, attempts, fail } = startDialing({ delay: 100 }, 0.25);
    fail();
    await clock.run();
    expect(attempts.map(({ at }) => at)).toEqual([0, 25]);
  });

  it("come at once where a server has handed over to another, and by the usual rules after that", async () => {
    const { clock, attempts, connect, fail } = startDialing({ delay: 1_000 });
    for (let round = 0; round < 3; round++) {
      connect().close({ code: "Draining", message: "Others are there.", retryable: true });
      await clock.run();
    }
    fail();
    await clock.run();
    expect(attempts.map(({ at }) => at)).toEqual([0, 100, 200, 300, 1_300]);
  });

  it("begin again with a short wait after a link that lasted, not after one that did not", async () => {
    const { clock, attempts, connect } = startDialing({ delay: 100 });
    for (const lasted of [10, 10, 10, 5_000, 10]) {
      const link = connect();
      await clock.advance(lasted);
      link.end(lost);
      await clock.run();
    }
    const waits = [100, 200, 400, 100, 200];
    const times = [10, 10, 10, 5_000, 10].map((lasted, index) => lasted + waits[index]!);
    expect(attempts.slice(1).map(({ at }, index) => at - attempts[index]!.at)).toEqual(times);
  });

  it("end for good with a reason that is not retryable, of an attempt or of a link", async () => {
    const refused = startDialing();
    refused.fail(denied);
    const ended = startDialing();
    ended.connect().close(denied);
    for (const { clock, attempts } of [refused, ended]) {
      expect(clock.timers).toBe(0);
      expect(attempts).toHaveLength(1);
    }
    expect(refused.failures).toEqual(["Denied"]);
    expect(ended.failures).toEqual([]);
  });

  it("are hurried only where one is waited for", async () => {
    const { clock, dialer, attempts, fail, connect } = startDialing();
    dialer.hurry();
    expect(attempts).toHaveLength(1);
    fail();
    dialer.hurry();
    expect(attempts).toHaveLength(2);
    expect(clock.timers).toBe(0);
    connect();
    dialer.hurry();
    expect(attempts).toHaveLength(2);
  });
});

describe("stopping", () => {
  it("gives up the attempt under way, once, and makes no other", () => {
    const { clock, stop, attempts, abandoned } = startDialing();
    stop();
    stop();
    expect(abandoned()).toBe(1);
    expect(clock.timers).toBe(0);
    expect(attempts).toHaveLength(1);
  });

  it("lets another listen, and nobody does before", () => {
    const { dialer, stop, attempts } = startDialing();
    const listen = () => dialer.listen(() => undefined);
    expect(listen).toThrow(MisuseError);
    stop();
    const stopSecond = listen();
    stop();
    expect(listen).toThrow(MisuseError);
    expect(attempts).toHaveLength(2);
    stopSecond();
  });

  it("waits for no further one", () => {
    const { clock, dialer, stop, fail, attempts } = startDialing();
    fail();
    stop();
    expect(clock.timers).toBe(0);
    dialer.hurry();
    expect(attempts).toHaveLength(1);
  });

  it("leaves the link that is there, and follows it by none", () => {
    const { clock, stop, connect, given, abandoned } = startDialing();
    const link = connect();
    stop();
    expect(given).toEqual([link]);
    expect(abandoned()).toBe(0);
    expect(link.send("still sent")).toBe(true);
    link.end(lost);
    expect(clock.timers).toBe(0);
  });
});

it("may fail before it has returned from beginning", async () => {
  const clock = new VirtualClock();
  const failures: string[] = [];
  let giveUps = 0;
  const dialer = new Dialer(clock, {}, ({ failed }) => {
    failed(denied);
    return () => {
      giveUps += 1;
    };
  });
  dialer.listen(
    () => undefined,
    ({ code }) => failures.push(code),
  )();
  expect(failures).toEqual(["Denied"]);
  expect(giveUps).toBe(0);
});
