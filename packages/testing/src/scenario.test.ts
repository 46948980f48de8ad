import { describe, expect, it, vi } from "vitest";
import { sellOrders } from "../fixtures/reactions.js";
import { order, shop } from "../fixtures/shop.js";
import { ExpectationError, scenario } from "./index.js";

const day = 86_400_000;
const paid = { order: "o1", amount: 20 };
const selling = () => scenario(shop, sellOrders);

/** The message of the error that a scenario fails with. */
async function failure(told: Promise<void>): Promise<string> {
  const error = await told.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ExpectationError);
  return (error as Error).message;
}

describe("a scenario", () => {
  it("tells what a reaction emits because of what happens", async () => {
    await selling()
      .given(["order.placed", order()])
      .when(["payment.received", paid])
      .expect(["order.confirmed", { order: "o1" }]);
  });

  it("tells when, and takes no longer for it", async () => {
    const before = performance.now();
    await selling()
      .given(["order.placed", order()])
      .when(["payment.received", paid])
      .expect(["order.confirmed"])
      .after(7 * day)
      .expect(["review.requested", { order: "o1" }])
      .after(365 * day)
      .expectNothing();
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it("takes several steps of each sort, in any order", async () => {
    await selling()
      .given(["order.placed", order()], ["order.placed", order({ id: "o2", total: 5 })])
      .when(["payment.received", { order: "o2", amount: 4 }], ["payment.received", paid])
      .expect(["order.refused", { reason: "too little" }], ["order.confirmed", ({ total }) => total === 20])
      .after(day)
      .when(["payment.received", { order: "o2", amount: 5 }])
      .expect(["order.confirmed", { order: "o2" }])
      .after(6 * day)
      .expect(["review.requested", { order: "o1" }])
      .within(3 * day)
      .expect(["review.requested", { order: "o2" }]);
  });

  it("takes no interest in what is emitted at once because of what was given", async () => {
    await selling()
      .given(["order.placed", order({ total: 2_000 })])
      .expectNothing();
  });

  it("tells of errors that are reported", async () => {
    await selling()
      .when(["payment.received", paid], ["payment.received", paid])
      .expectNothing()
      .expectError("ListenerFailed", "there is no order o1")
      .expectError("ListenerFailed", /no order o\d/);
  });

  it("tells of answers to requests, and of their failures", async () => {
    await selling()
      .given(["order.placed", order()], ["order.placed", order({ id: "o2", total: 7, note: "slow" })])
      .when(["order.total", "o1"], ["order.total", "o2"], ["order.total", "o3"])
      .expectAnswer("order.total", 20)
      .after(100)
      .expectAnswer("order.total", 7)
      .expectFailure("order.total", "NoOrder", { order: "o3" });
    await scenario(shop, () => undefined)
      .when(["order.total", "o1"])
      .expectFailure("order.total", "NoHandler");
  });

  it("has events come from clients", async () => {
    const heard = vi.fn();
    await scenario(shop, (bus) => void bus.on("payment.received", (_, { peer }) => heard(peer?.user))).when(
      ["payment.received", paid, { user: { id: "u1" } }],
      ["payment.received", paid],
    );
    expect(heard.mock.calls).toEqual([[{ id: "u1" }], [undefined]]);
  });

  it("has durable events in a log of its own", async () => {
    await scenario(shop, (bus) => {
      bus.on("order.archived", (id) => bus.emit("review.requested", { order: id }));
      bus.on("review.requested", async ({ order }) => {
        if (order === "o1") await bus.emit("order.archived", "o2");
      });
    })
      .when(["order.archived", "o1"])
      .expect(
        ["review.requested", { order: "o1" }],
        ["order.archived", "o2"],
        ["review.requested", { order: "o2" }],
      );
  });

  it("waits for a reaction that begins asynchronously, and gives it the clock", async () => {
    await scenario(
      shop,
      async (bus, clock) => {
        await undefined;
        bus.emit("order.confirmed", { order: String(clock.now()), total: 0 });
      },
      { start: 5_000 },
    ).expect(["order.confirmed", { order: "5000" }]);
  });

  it("ends its bus, however it ends", async () => {
    const signals: AbortSignal[] = [];
    const told = scenario(shop, (bus) => {
      bus.handle("order.total", (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      });
    })
      .when(["order.total", "o1"])
      .expect(["order.confirmed"]);
    await failure(told);
    expect(signals[0]!.aborted).toBe(true);
  });

  it("rejects with what the reaction throws when it begins, and with what its timers throw", async () => {
    const broken = new Error("broken");
    const begins = scenario(shop, () => {
      throw broken;
    });
    await expect(begins).rejects.toBe(broken);
    const later = scenario(shop, (_, clock) => {
      clock.timer(() => {
        throw broken;
      }, 5);
    }).after(5);
    await expect(later).rejects.toBe(broken);
  });

  it("is told in one chain, and plays also when nobody awaits it", async () => {
    const told = selling().given(["order.placed", order()]);
    await told;
    expect(() => told.expectNothing()).toThrow("Tell it in one chain, then await it.");
    const played = vi.fn();
    scenario(shop, played);
    await vi.waitFor(() => expect(played).toHaveBeenCalledOnce());
  });
});

describe("a scenario fails", () => {
  it("when an event differs, and tells how, and what happened", async () => {
    const told = selling()
      .given(["order.placed", order({ lines: [] })])
      .after(1_500)
      .when(["payment.received", paid])
      .expect(["order.confirmed", { order: "o1", total: 21 }]);
    expect(await failure(told)).toBe(`The reaction did not emit what was expected.

expected  order.confirmed { order: "o1", total: 21 }
emitted   order.confirmed { order: "o1", total: 20 }
  total is 20 instead of 21

What happened:
                given    order.placed { id: "o1", total: 20, lines: [], placed: 1970-01-01T00:00:00.005Z }
     +1,500 ms  when     payment.received { order: "o1", amount: 20 }
                emitted  order.confirmed { order: "o1", total: 20 }`);
    await expect(told).rejects.toMatchObject({
      expected: { order: "o1", total: 21 },
      actual: { order: "o1", total: 20 },
    });
  });

  it("when an event does not come", async () => {
    expect(
      await failure(selling().expect(["order.confirmed"])),
    ).toBe(`The reaction did not emit what was expected.

expected  order.confirmed
emitted   nothing more

What happened:
  nothing`);
  });

  it("when another event comes, or one more", async () => {
    const received = selling().given(["order.placed", order()]).when(["payment.received", paid]);
    expect(await failure(received.expect(["order.refused"]))).toContain("it is another event");
    const more = selling().given(["order.placed", order()]).when(["payment.received", paid]).expectNothing();
    expect(await failure(more)).toContain("expected  nothing more\nemitted   order.confirmed {");
  });

  it("when the order is another", async () => {
    const told = selling()
      .given(["order.placed", order()], ["order.placed", order({ id: "o2", total: 5 })])
      .when(["payment.received", paid], ["payment.received", { order: "o2", amount: 5 }])
      .expect(["order.confirmed", { order: "o2" }], ["order.confirmed", { order: "o1" }]);
    expect(await failure(told)).toContain('order is "o1" instead of "o2"');
  });

  it("when an event comes earlier or later than told", async () => {
    const given = () => selling().given(["order.placed", order()]).when(["payment.received", paid]);
    const early = given()
      .expect(["order.confirmed"])
      .after(8 * day)
      .expect(["review.requested"]);
    expect(await failure(early)).toContain("it was emitted 86,400,000 ms too early");
    const late = given()
      .expect(["order.confirmed"])
      .within(7 * day - 1)
      .expect(["review.requested"]);
    expect(await failure(late)).toContain("expected  review.requested\nemitted   nothing more");
    const between = given()
      .expect(["order.confirmed"])
      .within(8 * day)
      .when(["payment.received", paid])
      .expect(["review.requested"], ["order.confirmed"]);
    expect(await failure(between)).toContain("it was emitted 86,400,000 ms too early");
    const before = given().after(5).expect(["order.confirmed"]);
    expect(await failure(before)).toContain("it was emitted 5 ms too early");
  });

  it("when something was emitted that no step expected", async () => {
    const told = selling().given(["order.placed", order()]).when(["payment.received", paid]);
    expect(await failure(told)).toContain('"order.confirmed" was emitted, which no step expected.');
  });

  it("when an error was reported that no step expected, and when none was", async () => {
    expect(await failure(selling().given(["payment.received", paid]))).toContain(
      "An error was reported, which no step expected.\n\nListenerFailed: A listener of",
    );
    const uncaught = scenario(shop, (_, clock) => clock.uncaught(new Error("nobody handles it")));
    expect(await failure(uncaught)).toContain("no step expected.\n\nError: nobody handles it");
    const given = () => selling().given(["payment.received", paid]);
    expect(await failure(given().expectError("ListenerFailed", "no order o2"))).toContain(
      'No error "ListenerFailed" with "no order o2" was reported.',
    );
    expect(await failure(given().expectError("Gap"))).toContain('No error "Gap" was reported.');
  });

  it("when an answer differs, fails, or does not come", async () => {
    const asked = (id: string) =>
      selling()
        .given(["order.placed", order({ note: id === "slow" ? "slow" : undefined })])
        .when(["order.total", id === "slow" ? "o1" : id]);
    expect(
      await failure(asked("o1").expectAnswer("order.total", 21)),
    ).toContain(`"order.total" was not answered as expected.

expected  21
answered  20
  it is 20 instead of 21`);
    expect(await failure(asked("o1").expectAnswer("order.total", undefined as never))).toContain(
      "instead of undefined",
    );
    expect(await failure(asked("o2").expectAnswer("order.total", 20))).toContain(
      'expected  20\nanswered  the failure NoOrder { order: "o2" }',
    );
    expect(await failure(asked("o1").expectFailure("order.total", "NoOrder"))).toContain(
      "expected  the failure NoOrder\nanswered  20",
    );
    expect(await failure(asked("o2").expectFailure("order.total", "NoOrder", { order: "o1" }))).toContain(
      'order is "o2" instead of "o1"',
    );
    expect(await failure(asked("slow").expectAnswer("order.total", 20))).toContain(
      "has not been answered yet",
    );
    expect(await failure(asked("o2"))).toContain(
      '"order.total" failed with NoOrder, which no step expected.',
    );
    const twice = asked("o1").expectAnswer("order.total", 20).expectAnswer("order.total", 20);
    expect(await failure(twice)).toContain("was not asked, or not so often");
  });
});
