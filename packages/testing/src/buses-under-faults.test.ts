import { expect, it, vi } from "vitest";
import { calm, Mischief } from "../fixtures/random-faults.js";
import { openWard, type Patient } from "../fixtures/ward.js";
import { VirtualClock } from "./index.js";

const noticeAfter = 3_000;

interface Answer {
  readonly input: number;
  readonly outcome: number | string;
}

/** Lets buses emit and ask for a while, over whatever befalls their network, then lets it recover. */
async function run(seed: number) {
  const clock = new VirtualClock({ seed });
  const mischief = new Mischief(seed);
  const opened = openWard(clock, { seed, noticeAfter, retryDelay: 50 });
  const { bus, hub, patients, admit } = opened;
  const counts = { pulses: 0, requests: 0, notes: new Map<Patient, number>() };
  const emittedOffline = new Set<string>();
  const answers: Promise<Answer>[] = [];
  for (const name of ["a", "b", "c"].slice(0, 1 + mischief.below(3))) {
    // Half of the links never notice silence: there the buses ask each other for signs of life.
    admit(name, { halfOpen: mischief.below(2) === 0 }).source.faults = mischief.faults();
  }
  for (let step = 0; step < 120; step++) {
    await clock.advance(mischief.below(100));
    for (let burst = mischief.below(4); burst > 0; burst--) bus.emit("pulse.felt", ++counts.pulses);
    const patient = mischief.pick(patients);
    const count = (counts.notes.get(patient) ?? 0) + 1;
    counts.notes.set(patient, count);
    if (patient.bus.connection.status.state !== "connected") emittedOffline.add(`${patient.name} ${count}`);
    patient.bus.emit("note.added", { author: patient.name, count });
    if (mischief.below(3) === 0) {
      const input = ++counts.requests;
      const asked = patient.bus.request("number.doubled", input, { timeout: 5_000 }).result();
      answers.push(
        asked.then((result) => ({ input, outcome: result.ok ? result.value : result.error.code })),
      );
    }
    if (mischief.below(12) === 0) mischief.strike(patient.source);
  }
  for (const { source } of patients) calm(source);
  // All that can be noticed has been, and all that was to come back has.
  await clock.advance(60_000);
  // More than is on its way at once.
  for (const { source } of patients) source.faults = { latency: 10 };
  for (const image of images) {
    bus.emit("image.taken", image);
    await undefined;
  }
  await clock.advance(100);
  for (const patient of patients) expect(patient.images, `seed ${seed}`).toEqual(images);
  const peers = hub.peers().map(({ user }) => user.id);
  bus.emit("pulse.felt", ++counts.pulses);
  await clock.advance(1_000);
  return { ...opened, clock, counts, emittedOffline, peers, answers: await Promise.all(answers) };
}

const images = Array.from({ length: 9 }, (_, image) => `${image}`.repeat(20_000));

/** Where pulses are missing although the connection stayed, or without a word of it, or came although there was none. */
function wrongIn(journal: Patient["journal"]): readonly string[] {
  const wrong: string[] = [];
  let last = 0;
  let state: unknown = "none";
  let interrupted = true;
  let told = true;
  for (const entry of journal) {
    if (entry === "gap") {
      told = true;
      continue;
    }
    if (typeof entry !== "number") {
      state = entry;
      interrupted = true;
      continue;
    }
    if (entry <= last) wrong.push(`${entry} after ${last}`);
    if (entry > last + 1 && !interrupted) wrong.push(`a hole between ${last} and ${entry}`);
    if (entry > last + 1 && !told && last > 0) wrong.push(`an untold hole between ${last} and ${entry}`);
    if (state !== "connected") wrong.push(`${entry} while ${state}`);
    last = entry;
    interrupted = false;
    told = false;
  }
  return wrong;
}

// The seeds take three seconds on an idle machine.
vi.setConfig({ testTimeout: 60_000 });

const batches = Array.from({ length: 10 }, (_, batch) =>
  Array.from({ length: 30 }, (_, seed) => batch * 30 + seed),
);

it.each(batches)(
  "keeps what is promised, whatever befalls the network: from seed %i on",
  async (...seeds) => {
    const seen = {
      keptOffline: 0,
      disconnected: 0,
      pulses: 0,
      interruptions: 0,
      missed: 0,
      answered: 0,
      unanswered: 0,
      notes: 0,
      notesMissed: 0,
    };
    for (const seed of seeds) {
      const { clock, counts, emittedOffline, peers, answers, patients, notes, asked, errors, close } =
        await run(seed);
      const about = `seed ${seed}`;

      for (const { journal } of patients) {
        const pulses = journal.filter((entry) => typeof entry === "number");
        expect(wrongIn(journal), about).toEqual([]);
        expect(journal.at(-1), `${about}: it hears again`).toBe(counts.pulses);
        seen.pulses += pulses.length;
        seen.interruptions += journal.filter((entry) => entry === "reconnecting").length;
        seen.missed += counts.pulses - pulses.length;
      }

      // No ghost of an earlier connection is left.
      expect([...peers].sort(), about).toEqual(patients.map(({ name }) => name));

      for (const patient of patients) {
        const heard = notes.filter(({ author }) => author === patient.name);
        const sent = counts.notes.get(patient) ?? 0;
        expect(new Set(heard.map(({ count }) => count)).size, `${about}: no note twice`).toBe(heard.length);
        // Over one connection there is no hole.
        const last = new Map<unknown, number>();
        for (const { peer, count } of heard) {
          const before = last.get(peer) ?? count - 1;
          expect(count, about).toBe(before + 1);
          last.set(peer, count);
        }
        const steady = !patient.journal.includes("reconnecting") && patient.errors.length === 0;
        if (steady) expect(heard, about).toHaveLength(sent);
        for (const error of patient.errors) expect(error, about).toMatchObject({ code: "Disconnected" });
        seen.notes += heard.length;
        seen.keptOffline += heard.filter(({ count }) =>
          emittedOffline.has(`${patient.name} ${count}`),
        ).length;
        seen.notesMissed += sent - heard.length;
      }

      expect(new Set(asked).size, `${about}: nothing was asked twice`).toBe(asked.length);
      for (const { input, outcome } of answers) {
        if (typeof outcome === "number") {
          expect([outcome, asked.includes(input)], about).toEqual([input * 2, true]);
          seen.answered += 1;
        } else {
          expect(outcome, about).toMatch(/^(Disconnected|Timeout)$/);
          seen.unanswered += 1;
          if (outcome === "Disconnected") seen.disconnected += 1;
        }
      }

      await close();
      expect([errors, clock.uncaughtErrors, clock.loggedErrors], about).toEqual([[], [], []]);
      expect(clock.timers, about).toBe(0);
    }
    // What would make the test pass for nothing.
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(20);
  },
);

it("does the same again for the same seed", async () => {
  for (const seed of batches[0]!.slice(0, 10)) {
    const [first, second] = [await run(seed), await run(seed)];
    const told = ({ patients, notes, answers }: typeof first) => ({
      journals: patients.map(({ journal }) => journal),
      notes: notes.map(({ author, count }) => [author, count]),
      answers,
    });
    expect(told(second)).toEqual(told(first));
  }
});
