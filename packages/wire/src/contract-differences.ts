import { type Contract, UnsupportedError } from "@eventwire/core";
import { type Traits, type TraitsEntry, traitsOf } from "./traits.js";

/** What a client may not do, as its server would not do its half. */
interface Difference {
  readonly listening: UnsupportedError | undefined;
  readonly sending: UnsupportedError | undefined;
}

/** Of an event, how much who sends it promises to who receives it. Between durable and another there is no more or less. */
const strength: Readonly<Record<string, number>> = { volatile: 0, live: 1 };

/** Where the contract of a client and that of the server it is connected to differ so that something would be lost in silence. */
export class ContractDifferences {
  readonly #contract: Contract;
  readonly #report: (error: UnsupportedError) => void;
  readonly #byName = new Map<string, Difference>();
  /** Each is reported once, however often the client connects. */
  readonly #reported = new Set<string>();

  constructor(contract: Contract, report: (error: UnsupportedError) => void) {
    this.#contract = contract;
    this.#report = report;
  }

  /** What keeps from listening to it. */
  listening(name: string): UnsupportedError | undefined {
    return this.#byName.get(name)?.listening;
  }

  /** What keeps from emitting or asking it. */
  sending(name: string): UnsupportedError | undefined {
    return this.#byName.get(name)?.sending;
  }

  /** Of another link nothing is known: its server may be another release. */
  clear(): void {
    this.#byName.clear();
  }

  /**
   * Takes what the server has.
   *
   * @param refuse has who listens to a name told no. @returns whether there was anybody.
   */
  learn(entries: readonly TraitsEntry[], refuse: (name: string, error: UnsupportedError) => boolean): void {
    for (const [name, kind, from, delivery, keyed] of entries) {
      const { definitions } = this.#contract;
      if (!Object.hasOwn(definitions, name)) continue;
      const difference = compare(name, traitsOf(definitions[name]!), { kind, from, delivery, keyed });
      if (!difference) continue;
      this.#byName.set(name, difference);
      const { listening, sending } = difference;
      const told = listening !== undefined && refuse(name, listening);
      if (!told) this.#tellOnce((listening ?? sending)!);
    }
  }

  #tellOnce(error: UnsupportedError): void {
    if (this.#reported.has(error.message)) return;
    this.#reported.add(error.message);
    this.#report(error);
  }
}

function compare(name: string, here: Traits, there: Traits): Difference | undefined {
  const error = (differs: string) =>
    new UnsupportedError(
      `"${name}" ${differs} at the server, so it is not used. Deploy the same contract on both sides.`,
      { name },
    );
  if (here.kind !== there.kind) {
    const both = error(`is of the kind "${here.kind}" here and "${there.kind}"`);
    return { listening: both, sending: both };
  }
  const event = here.kind === "event";
  const listens = event && here.from !== "client";
  const sends = here.from !== "server";
  const from = () => error(`is sent by "${here.from}" here and by "${there.from}"`);
  let listening = listens && there.from === "client" ? from() : undefined;
  let sending = sends && there.from === "server" ? from() : undefined;
  if (here.delivery !== there.delivery) {
    const delivery = error(`is ${here.delivery} here and ${there.delivery}`);
    // Who receives must not be promised more than who sends does.
    const [ours, theirs] = [strength[here.delivery], strength[there.delivery]];
    const apart = ours === undefined || theirs === undefined;
    if (listens && (apart || theirs < ours)) listening ??= delivery;
    if (sends && (apart || ours < theirs)) sending ??= delivery;
  }
  if (listens && here.keyed && !there.keyed) listening ??= error("has a key here and none");
  return listening || sending ? { listening, sending } : undefined;
}
