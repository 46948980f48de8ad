import { DeniedError, DisconnectedError, MisuseError, TimeoutError, UnavailableError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { type AnyQuestion, type AnyRules, Gate } from "./gate.js";
import type { ConnectedPeer } from "./peer.js";

function openGate(rules?: AnyRules) {
  const errors: unknown[] = [];
  const runtime = new VirtualClock();
  const failed = (error: unknown) => errors.push(error);
  const gate = new Gate(rules, { runtime, kind: "listen", timeout: 1_000, failed });
  const ask = (name: string, { user = "u", ...rest }: Partial<AnyQuestion> & { user?: string } = {}) => {
    const peer = { id: "p", user: { id: user } } as unknown as ConnectedPeer<unknown>;
    return gate.decide({ peer, name, ...rest });
  };
  /** Of rules that answer at once. */
  const allows = (...question: Parameters<typeof ask>) => {
    const decision = ask(...question);
    if (decision instanceof Promise) throw new Error("It answered with a promise.");
    return decision.outcome === "allows";
  };
  const outcome = async (...question: Parameters<typeof ask>) => (await ask(...question)).outcome;
  return { gate, ask, allows, outcome, errors, runtime };
}

it.each([undefined, {}, { "b.c": true }, { "a.*": undefined }])("denies what no rule allows: %j", (rules) => {
  const { gate, allows } = openGate(rules);
  expect(allows("a.b")).toBe(false);
  expect(gate.mentions("a.b")).toBe(false);
});

it("allows a name, a pattern of any depth, and everything", () => {
  expect(openGate({ "a.b": true }).allows("a.b")).toBe(true);
  expect(openGate({ "a.*": true }).allows("a.b.c")).toBe(true);
  expect(openGate({ "*": true }).allows("a")).toBe(true);
  expect(openGate({ "a.*": true }).allows("ab")).toBe(false);
  expect(openGate({ "a.*": true }).allows("a")).toBe(false);
});

it("lets a denial beat what allows, wherever it stands", () => {
  for (const rules of [
    { "*": true, "a.*": false },
    { "a.*": false, "*": true },
    { "a.b": true, "*": () => false },
  ]) {
    const { allows } = openGate(rules);
    expect(allows("a.b")).toBe(false);
  }
});

it("does not ask further where a rule always denies", () => {
  const { gate } = openGate({ "*": () => true, "a.*": false });
  expect(gate.mentions("a.b")).toBe(false);
  expect(gate.mentions("b")).toBe(true);
});

it("shows a rule who asks for what", () => {
  const rule = vi.fn((_: AnyQuestion) => true);
  const { allows } = openGate({ "*": rule });
  expect(allows("a", { key: "k" })).toBe(true);
  expect(rule).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ peer: expect.objectContaining({ user: { id: "u" } }), name: "a", key: "k" }),
  );
});

it("takes a rule that throws for a denial and tells of it", () => {
  const error = new Error("broken");
  const { allows, errors } = openGate({
    "*": () => {
      throw error;
    },
  });
  expect(allows("a")).toBe(false);
  expect(errors).toEqual([error]);
});

it.each([1, "yes", {}, null, { allow: 1 }, { until: 5 }, [true]])(
  "denies where a rule returns %s, which is not true",
  (answer) => {
    const { allows } = openGate({ "*": () => answer });
    expect(allows("a")).toBe(false);
  },
);

describe("a rule that answers later", () => {
  it.each([
    [true, "allows"],
    [{ allow: true }, "allows"],
    [false, "denies"],
    [{ allow: false }, "denies"],
    [1, "denies"],
    [undefined, "denies"],
  ] as const)("with %j %s", async (answer, expected) => {
    const { ask, outcome, runtime } = openGate({ a: () => Promise.resolve(answer), b: true });
    expect(ask("a")).toBeInstanceOf(Promise);
    expect(await outcome("a")).toBe(expected);
    expect(ask("b")).not.toBeInstanceOf(Promise);
    expect(runtime.timers).toBe(0);
  });

  it("is asked only when those before it allow, and those after it when it does", async () => {
    const asked: string[] = [];
    const says = (rule: string, answer: boolean | Promise<boolean>) => () => {
      asked.push(rule);
      return answer;
    };
    const { outcome } = openGate({
      "*": says("first", true),
      "a.*": says("second", Promise.resolve(true)),
      "a.b.*": says("third", false),
      "a.b.c": says("fourth", true),
    });
    expect(await outcome("a.b.c")).toBe("denies");
    expect(asked).toEqual(["first", "second", "third"]);
  });

  it("denies when it rejects, and tells of it", async () => {
    const error = new Error("broken");
    const { outcome, errors } = openGate({ a: () => Promise.reject(error) });
    expect(await outcome("a")).toBe("fails");
    expect(errors).toEqual([error]);
  });

  it("denies when it hangs, tells of it, and what it says at last does not count", async () => {
    let answer: (value: boolean) => void = () => undefined;
    const { outcome, errors, runtime } = openGate({
      a: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const asked = outcome("a");
    await runtime.advance(1_000);
    answer(true);
    expect(await asked).toBe("hangs");
    expect(errors).toMatchObject([
      { code: "Denied", message: expect.stringContaining('"a" of allow.listen') },
    ]);
  });
});

describe("a rule that cannot decide", () => {
  const hangs = (): Promise<unknown> => new Promise(() => undefined);
  const defers = (): Promise<unknown> => Promise.reject(new UnavailableError("The database is away."));

  it.each([
    new UnavailableError("The database is away."),
    new TimeoutError("x", 5),
    new DisconnectedError("x"),
  ])("defers where what it throws may pass, and tells of it: %s", async (error) => {
    const { ask, outcome, errors } = openGate({
      a: () => Promise.reject(error),
      b: () => {
        throw error;
      },
    });
    expect(await outcome("a")).toBe("defers");
    expect(ask("b")).toMatchObject({ outcome: "defers" });
    expect(errors).toEqual([error, error]);
  });

  it("fails where what it throws only looks like that", async () => {
    const { outcome } = openGate({ a: () => Promise.reject({ code: "Timeout" }) });
    expect(await outcome("a")).toBe("fails");
  });

  it.each<readonly [expected: string, rules: AnyRules]>([
    ["hangs", { "*": hangs, "a.*": true }],
    ["hangs", { "*": true, "a.*": hangs }],
    ["hangs", { "*": async () => true, "a.*": hangs, "a.b": async () => true }],
    ["defers", { "*": defers, "a.*": true }],
    ["defers", { "*": defers, "a.*": hangs }],
    ["denies", { "*": hangs, "a.*": false }],
    ["denies", { "*": defers, "a.*": async () => false }],
    ["denies", { "*": async () => false, "a.*": hangs }],
    ["fails", { "*": hangs, "a.*": () => Promise.reject(new Error("broken")) }],
  ])("counts more than what allows and less than what denies: %s", async (expected, rules) => {
    const { outcome, runtime } = openGate(rules);
    const asked = outcome("a.b");
    await runtime.advance(2_000);
    expect(await asked).toBe(expected);
  });

  it("is asked again where what it says is remembered", async () => {
    const decide = vi.fn<() => unknown>(hangs);
    const { outcome, runtime } = openGate({ a: { decide, cachedFor: 60_000 } });
    const first = outcome("a");
    await runtime.advance(1_000);
    expect(await first).toBe("hangs");
    decide.mockImplementation(defers);
    expect(await outcome("a")).toBe("defers");
    decide.mockImplementation(() => true);
    expect(await outcome("a")).toBe("allows");
    expect(await outcome("a")).toBe("allows");
    expect(decide).toHaveBeenCalledTimes(3);
  });
});

describe("a denial with a reason", () => {
  it.each([
    () => {
      throw new DeniedError("Not on Sundays.");
    },
    () => Promise.reject(new DeniedError("Not on Sundays.")),
  ])("is one and no failure", async (rule) => {
    const { ask, errors } = openGate({ a: rule });
    expect(await ask("a")).toMatchObject({ outcome: "denies", reason: "Not on Sundays." });
    expect(errors).toEqual([]);
  });
});

describe("an allowance with an end", () => {
  it("ends with the first of several", async () => {
    const { ask, runtime } = openGate({
      "*": () => ({ allow: true, until: runtime.now() + 500 }),
      "a.*": async () => ({ allow: true, until: runtime.now() + 300 }),
      "a.b": () => ({ allow: true, until: undefined }),
    });
    expect(await ask("a.b")).toEqual({ outcome: "allows", until: runtime.now() + 300 });
  });

  it("that has passed is none", () => {
    const { allows, runtime } = openGate({ a: () => ({ allow: true, until: runtime.now() }) });
    expect(allows("a")).toBe(false);
  });

  it.each([Number.NaN, "2099-01-01", null, new Date(0)])(
    "of %s is no end, so that nothing is allowed",
    (until) => {
      const { allows, errors } = openGate({ a: () => ({ allow: true, until }) });
      expect(allows("a")).toBe(false);
      expect(errors).toMatchObject([{ code: "Misuse" }]);
    },
  );
});

describe("a cached rule", () => {
  const cached = (decide: (question: unknown) => unknown, rest?: AnyRules) =>
    openGate({ a: { decide, cachedFor: 100 }, ...rest });

  it("is asked once for its time, by user, name and key, and shown nothing else", async () => {
    const decide = vi.fn(() => true);
    const { allows, runtime } = cached(decide);
    for (let round = 0; round < 3; round++) allows("a", { key: 1, data: "secret" });
    expect(decide).toHaveBeenCalledExactlyOnceWith({ userId: "u", name: "a", key: 1 });
    allows("a", { key: "1" });
    allows("a", { key: 1, user: "other" });
    allows("a");
    expect(decide).toHaveBeenCalledTimes(4);
    await runtime.advance(100);
    allows("a", { key: 1 });
    expect(decide).toHaveBeenCalledTimes(5);
  });

  it("is asked once while several wait, and may be asked again once it has failed", async () => {
    let fails = true;
    const decide = vi.fn(async (): Promise<boolean> => {
      if (fails) throw new Error("broken");
      return true;
    });
    const { outcome, errors } = cached(decide);
    expect(await Promise.all([outcome("a"), outcome("a")])).toEqual(["fails", "fails"]);
    expect(decide).toHaveBeenCalledOnce();
    expect(errors).toHaveLength(1);
    fails = false;
    expect(await outcome("a")).toBe("allows");
    expect(await outcome("a")).toBe("allows");
    expect(decide).toHaveBeenCalledTimes(2);
  });

  it("keeps denials as well, and no allowance past its end", async () => {
    const decide = vi.fn((): unknown => false);
    const { allows, gate, runtime } = cached(decide);
    expect([allows("a"), allows("a")]).toEqual([false, false]);
    expect(decide).toHaveBeenCalledOnce();
    gate.forget("u");
    decide.mockReturnValue({ allow: true, until: runtime.now() + 50 });
    expect([allows("a"), allows("a")]).toEqual([true, true]);
    expect(decide).toHaveBeenCalledTimes(2);
    await runtime.advance(50);
    allows("a");
    expect(decide).toHaveBeenCalledTimes(3);
  });

  it("forgets what it said of one user, or of all, and what it is being asked", async () => {
    const answers: ((answer: boolean) => void)[] = [];
    const { ask, outcome, gate } = cached(() => new Promise((resolve) => answers.push(resolve)));
    const before = outcome("a");
    const other = outcome("a", { user: "other" });
    gate.forget("u");
    const after = outcome("a");
    expect(answers).toHaveLength(3);
    answers[2]!(false);
    expect(await after).toBe("denies");
    answers[0]!(true);
    answers[1]!(true);
    expect([await before, await other]).toEqual(["allows", "allows"]);
    // What was asked before does not replace what was said since.
    expect(ask("a")).toMatchObject({ outcome: "denies" });
    expect(ask("a", { user: "other" })).toMatchObject({ outcome: "allows" });
    gate.forget(undefined);
    expect(ask("a", { user: "other" })).toBeInstanceOf(Promise);
  });

  const none: readonly unknown[] = [
    {},
    { decide: true, cachedFor: 1 },
    { decide: () => true },
    { decide: () => true, cachedFor: -1 },
    "yes",
  ];
  it.each(none)("that is %j is refused", (rule) => {
    expect(() => openGate({ a: rule as never })).toThrow(MisuseError);
  });
});

it("explains what each rule that matches says", async () => {
  const { gate } = openGate({
    "*": true,
    "a.*": async () => false,
    "a.b": () => {
      throw new Error("secret");
    },
    c: false,
  });
  const peer = { id: "p", user: { id: "u" } } as unknown as ConnectedPeer<unknown>;
  expect(await gate.explain({ peer, name: "a.b" })).toMatchObject([
    { pattern: "*", outcome: "allows" },
    { pattern: "a.*", outcome: "denies" },
    { pattern: "a.b", outcome: "fails" },
  ]);
});
