import type { SimulatedProcess } from "../process.js";
import type { World } from "../world.js";

/** How long a server waits for what it asks before it denies, in milliseconds. */
export const decisionTimeout = 5_000;

/** That something was taken away, and every server has said that it is. */
export interface Revocation {
  /** When that was, in what the oracle was told. */
  readonly moment: number;
}

/** What a server has asked, on the clock of the world. */
interface Question {
  readonly user: string;
  readonly name: string;
  readonly asked: number;
  answered: number | undefined;
}

/**
 * Who may do what, as the application keeps it: everybody everything, until the events of a name are taken from a user, to listen to, to
 * emit and to do in groups.
 */
export class Rights {
  readonly #world: World;
  readonly #revoked = new Map<string, Revocation | "asked">();
  /** Until when the events of a name were taken from a user, on the clock of the world. */
  readonly #lacked = new Map<string, number>();

  /** What servers wait for, or waited for too long. */
  readonly #questions = new Map<SimulatedProcess, Set<Question>>();

  constructor(world: World) {
    this.#world = world;
  }

  allows(user: string, name: string): boolean {
    return !this.#revoked.has(`${user} ${name}`);
  }

  /** Whether anything is taken from a user. */
  lacks(user: string): boolean {
    return [...this.#revoked.keys()].some((key) => key.startsWith(`${user} `));
  }

  /** Whether that was taken from a user since then, on the clock of the world. */
  lackedSince(user: string, name: string, time: number): boolean {
    const until = this.#lacked.get(`${user} ${name}`) ?? Number.NEGATIVE_INFINITY;
    return !this.allows(user, name) || until >= time;
  }

  /** A server asks whether that is so, and calls the result when it has the answer. */
  asked(server: SimulatedProcess, user: string, name: string): () => void {
    const { clock } = this.#world;
    const questions = this.#questions.get(server) ?? new Set();
    this.#questions.set(server, questions);
    const question: Question = { user, name, asked: clock.monotonic(), answered: undefined };
    questions.add(question);
    return () => {
      question.answered = clock.monotonic();
      if (question.answered - question.asked < decisionTimeout) questions.delete(question);
    };
  }

  /** Whether a server has waited too long for the answer to what it has asked since then: then it denies, as who stood still does. */
  waitedSince(server: SimulatedProcess, user: string, name: string, time: number): boolean {
    const now = this.#world.clock.monotonic();
    return [...(this.#questions.get(server) ?? [])].some(
      (question) =>
        question.user === user &&
        question.name === name &&
        question.asked >= time &&
        (question.answered ?? now) - question.asked >= decisionTimeout,
    );
  }

  revoke(user: string, name: string): void {
    this.#revoked.set(`${user} ${name}`, "asked");
  }

  /** Every server has said that it is so; unless it was granted again meanwhile. */
  confirm(user: string, name: string): boolean {
    const key = `${user} ${name}`;
    if (!this.#revoked.has(key)) return false;
    this.#revoked.set(key, { moment: this.#world.oracle.tick() });
    return true;
  }

  confirmed(user: string, name: string): Revocation | undefined {
    const revoked = this.#revoked.get(`${user} ${name}`);
    return revoked === "asked" ? undefined : revoked;
  }

  /** Names that are taken from a user for sure. */
  forbidden(user: string): readonly string[] {
    return [...this.#revoked].flatMap(([key, revoked]) =>
      revoked !== "asked" && key.startsWith(`${user} `) ? [key.slice(user.length + 1)] : [],
    );
  }

  grant(user: string, name: string): void {
    const key = `${user} ${name}`;
    if (this.#revoked.delete(key)) this.#lacked.set(key, this.#world.clock.monotonic());
  }

  grantAll(): void {
    for (const key of [...this.#revoked.keys()]) {
      const space = key.indexOf(" ");
      this.grant(key.slice(0, space), key.slice(space + 1));
    }
  }
}
