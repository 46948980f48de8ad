import { UnavailableError } from "@eventwire/core";
import { beforeAll, expect, it } from "vitest";
import { KeptOutboxes } from "../fixtures/kept-outboxes.js";
import { type Judge, Post, type PostClient } from "../fixtures/post-office.js";
import { VirtualClock } from "./index.js";

interface Letter {
  readonly text: string;
  readonly isBad: boolean;
  /** Whether it is denied each time but the first that it is asked about. */
  readonly isFickle: boolean;
  outcome: "unknown" | "kept" | "denied" | "failed";
}

/** Lets a client emit while links are cut, servers are replaced and the client itself is lost, anywhere. */
async function run(seed: number) {
  const clock = new VirtualClock({ seed });
  const chance = () => clock.random();
  const below = (most: number) => Math.floor(chance() * most);
  const asked = new Set<string>();
  const judge: Judge = (letter) => {
    const allows = !letter.startsWith("bad") && !(letter.startsWith("fickle") && asked.has(letter));
    asked.add(letter);
    if (!letter.includes("slow")) return allows;
    return new Promise((resolve) => void clock.timer(() => resolve(allows), below(400)));
  };
  const post = new Post(clock, { judge, ...(seed % 3 === 0 ? { rate: { most: 20, per: 1_000 } } : {}) });
  if (seed % 4 === 1) failNowAndThen(post, chance);
  const outboxes = new KeptOutboxes(clock);
  const letters: Letter[] = [];
  let crashedLetters = new Set<Letter>();
  let store = outboxes.process();
  let client: PostClient;
  const start = () => {
    store = outboxes.process();
    store.slowness = below([8, 80][below(2)]!);
    client = post.client({ outbox: { store } });
    client.source.faults = { latency: below(15), jitter: below(10), cut: [0, 0.02, 0.1][below(3)]! };
  };
  const crash = () => {
    store.crash();
    client.source.crash();
    post.clients.length = 0;
    crashedLetters = new Set([...crashedLetters, ...letters.filter(({ outcome }) => outcome === "unknown")]);
    start();
  };
  start();
  for (let step = 0; step < 60; step++) {
    await clock.advance(below(60));
    for (let burst = below(5); burst > 0; burst--) {
      const isBad = below(6) === 0;
      const isFickle = !isBad && below(6) === 0;
      const text = `${isBad ? "bad" : isFickle ? "fickle" : "good"} ${below(4) === 0 ? "slow" : "quick"} ${letters.length}`;
      const letter: Letter = { text, isBad, isFickle, outcome: "unknown" };
      letters.push(letter);
      client!.bus.emit("letter.posted", text).then(
        () => {
          letter.outcome = "kept";
        },
        ({ code }: { code: string }) => {
          letter.outcome = code === "Denied" ? "denied" : "failed";
        },
      );
    }
    switch (below(14)) {
      case 0:
        client!.source.client.cut();
        break;
      case 1:
        post.replace();
        break;
      case 2:
        crash();
        break;
      case 3:
        client!.source.client.goOffline();
        await clock.advance(below(200));
        client!.source.client.goOnline();
    }
  }
  client!.source.faults = {};
  client!.source.client.goOnline();
  // What was left behind is opened first.
  await clock.advance(500);
  await clock.until(() => client!.bus.connection.outbox.size === 0);
  await clock.advance(5_000);
  return { post, letters, crashedLetters, outboxes, client: client!, clock };
}

/** The log has what it was given, or not, and says neither. */
function failNowAndThen(post: Post, chance: () => number): void {
  const append = post.broker.log.append.bind(post.broker.log);
  post.broker.log.append = async (batch) => {
    const luck = chance();
    if (luck < 0.05) throw new UnavailableError("Nothing was appended.");
    const appended = await append(batch);
    if (luck < 0.1) throw new UnavailableError("It was appended, and nobody was told.");
    return appended;
  };
}

const seeds = Number(process.env.OUTBOX_SEEDS ?? 60);
const from = Number(process.env.OUTBOX_SEED ?? 1);

/** What sends from an outbox is loaded when it is first needed, in a time that no clock of a test knows. */
beforeAll(async () => {
  const clock = new VirtualClock();
  await clock.until(new Post(clock).client().bus.emit("letter.posted", "first"));
});

it.each(Array.from({ length: seeds }, (_, index) => from + index))(
  "whatever is lost, each event is in the log once, in order, or refused: seed %i",
  async (seed) => {
    const { post, letters, crashedLetters, client, clock, outboxes } = await run(seed);
    const inLog = await post.letters();
    const order = new Map(letters.map(({ text }, index) => [text, index]));
    const places = inLog.map((text) => order.get(text)!);
    expect(places).toEqual([...new Set(places)].sort((one, other) => one - other));
    for (const letter of letters) {
      const isThere = inLog.includes(letter.text);
      if (letter.isBad) expect(isThere, letter.text).toBe(false);
      else if (letter.isFickle) {
        if (!crashedLetters.has(letter))
          expect(letter.outcome, letter.text).toBe(isThere ? "kept" : "denied");
        continue;
      }
      // What the outbox was never given is lost with the process, and nobody was told otherwise.
      else if (!isThere) expect(crashedLetters.has(letter), `${letter.text} ${letter.outcome}`).toBe(true);
      if (!crashedLetters.has(letter)) {
        expect(letter.outcome, letter.text).toBe(letter.isBad ? "denied" : "kept");
      }
    }
    expect(new Set(inLog).size).toBe(inLog.length);
    expect(outboxes.left.flatMap(({ entries }) => entries)).toEqual([]);
    const codes = new Set(post.errors.map(({ code }) => code));
    for (const code of codes) expect(["Denied", "Overflow", "Unavailable"]).toContain(code);
    await clock.until(client.bus.close());
  },
);
