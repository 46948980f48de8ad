import { UnavailableError } from "@eventwire/core";
import { expect, it, vi } from "vitest";
import { type BuildingOptions, serveBuilding } from "../fixtures/served-building.js";
import type { ExplainQuestion } from "./explanation.js";

const at = new Date(5);
const ann = { id: "ann" };

const allow: NonNullable<BuildingOptions["allow"]> = {
  listen: { "room.*": ({ key, peer }) => key === peer.user.id, "light.*": async () => true, "*": true },
  emit: {
    "note.*": true,
    "room.entered": () => {
      throw new Error("secret");
    },
    "vault.opened": () => new Promise(() => undefined),
  },
  request: { "room.size": ({ input }) => input === "lobby", "vault.*": false },
};

const explained = (question: object, options: BuildingOptions = {}) => {
  const served = serveBuilding({ allow, ...options });
  const explanation = served.hub.explain({ user: ann, ...question } as ExplainQuestion<{ id: string }>);
  return { ...served, explanation };
};

it.each([
  [{ kind: "listen", name: "room.opened", key: "ann" }, true, 'allowed by the rule "room.*"'],
  [{ kind: "listen", name: "room.opened", key: "bob" }, false, 'the rule "room.*" of allow.listen denies'],
  [{ kind: "listen", name: "room.opened" }, false, 'the rule "room.*" of allow.listen denies'],
  [{ kind: "listen", name: "light.moved" }, true, "allowed"],
  [{ kind: "listen", name: "door.pushed" }, false, "may not be listened to by clients"],
  [{ kind: "listen", name: "note.added", key: 1 }, false, "invalid"],
  [{ kind: "listen", name: "constructor" }, false, "not known here"],
  [{ kind: "emit", name: "note.added", data: "x" }, true, 'the rule "note.*" of allow.emit'],
  [{ kind: "emit", name: "note.added", data: 5 }, false, "invalid"],
  [{ kind: "emit", name: "light.moved", data: 5 }, false, "no rule of allow.emit matches"],
  [
    { kind: "emit", name: "room.entered", data: { room: "a", at } },
    false,
    '"room.entered" of allow.emit fails',
  ],
  [{ kind: "emit", name: "room.opened", data: { room: "a", at } }, false, "may not be emitted by clients"],
  [{ kind: "request", name: "room.size", input: "lobby" }, true, "allowed"],
  [
    { kind: "request", name: "room.size", input: "attic" },
    false,
    'the rule "room.size" of allow.request denies',
  ],
  [{ kind: "request", name: "vault.code", input: "x" }, false, 'the rule "vault.*" of allow.request denies'],
  [{ kind: "request", name: "note.added", input: "x" }, false, "no request"],
])("explains %j: %s, for %s", async (question, allowed, reason) => {
  const { explanation } = explained(question);
  expect(await explanation).toMatchObject({ allowed, reason: expect.stringContaining(reason) });
});

it("says what every rule that matches says", async () => {
  const { explanation } = explained({ kind: "listen", name: "room.opened", key: "bob" });
  expect((await explanation).rules).toEqual([
    { pattern: "room.*", verdict: "denies" },
    { pattern: "*", verdict: "allows" },
  ]);
});

it("says of a rule that hangs that it does", async () => {
  const { explanation, runtime } = explained({ kind: "emit", name: "vault.opened", data: "x" });
  await runtime.advance(5_000);
  expect(await explanation).toMatchObject({
    allowed: false,
    rules: [{ pattern: "vault.opened", verdict: "hangs" }],
  });
});

it("names the rule that denies, and not one before that which cannot tell", async () => {
  const { hub, runtime } = serveBuilding({
    allow: {
      listen: { "*": () => Promise.reject(new UnavailableError("Away.")), "vault.*": false },
    },
  });
  const explanation = hub.explain({ user: { id: "me" }, kind: "listen", name: "vault.opened" });
  await runtime.advance(0);
  expect(await explanation).toMatchObject({
    reason: expect.stringContaining('the rule "vault.*" of allow.listen denies'),
    rules: [
      { pattern: "*", verdict: "defers" },
      { pattern: "vault.*", verdict: "denies" },
    ],
  });
});

it("repeats no data and no error of a rule, so that it may be logged", async () => {
  for (const question of [
    { kind: "emit", name: "room.entered", data: { room: "password", at } },
    { kind: "emit", name: "room.entered", data: { password: "password" } },
    { kind: "request", name: "room.size", input: "password" },
    { kind: "listen", name: "room.opened", key: "password" },
  ]) {
    expect(JSON.stringify(await explained(question).explanation)).not.toMatch(/password|secret/);
  }
});

it("explains a peer that is connected, with its own facts, and does nothing", async () => {
  const rule = vi.fn(
    ({ peer }: { peer: { facts: { transport: string } } }) => peer.facts.transport === "fake",
  );
  const { hub, connect, bus } = serveBuilding({
    allow: { emit: { "note.added": rule } },
    rates: { "note.added": { most: 1, per: 1_000 } },
  });
  const heard = vi.fn();
  bus.on("note.added", heard);
  const link = await connect();
  const [peer] = hub.peers();
  for (let round = 0; round < 3; round++) {
    expect(await hub.explain({ peer: peer!, kind: "emit", name: "note.added", data: "x" })).toMatchObject({
      allowed: true,
    });
  }
  expect(heard).not.toHaveBeenCalled();
  link.close({ code: "Left", message: "", retryable: true });
  expect(await hub.explain({ peer: peer!, kind: "listen", name: "note.added" })).toEqual({
    allowed: false,
    reason: "This peer is not connected.",
    rules: [],
  });
});

it("knows of credentials that have expired", async () => {
  const { hub, runtime } = serveBuilding({ allow });
  const user = { id: "ann", expires: runtime.now() };
  expect(await hub.explain({ user, kind: "listen", name: "note.added" })).toMatchObject({
    allowed: false,
    reason: expect.stringContaining("expired"),
  });
});
