import { type Bus, type Contract, createBus, type EventwireError } from "@eventwire/core";
import { attach, EventMessage } from "@eventwire/core/attach";
import { memory } from "@eventwire/core/memory";
import { VirtualClock, type VirtualClockOptions } from "@eventwire/queue/virtual-clock";
import type { FromClient, Reaction } from "../scenario.js";
import { show } from "../show.js";
import type { Events, Messages, Step } from "./steps.js";
import { Story } from "./story.js";
import {
  type Answer,
  answer,
  type Emitted,
  judgeAnswer,
  judgeEvent,
  message,
  type Verdict,
} from "./verdict.js";

interface Asked {
  readonly name: string;
  answer: Answer | undefined;
}

/** A scenario as it is played: on a bus of its own, whose time passes as the steps say. */
export class Play {
  readonly #clock: VirtualClock;
  readonly #bus: Bus<Contract, "server">;
  readonly #reaction: Reaction<Contract>;
  readonly #story = new Story();
  /** What the reaction emitted and no step has expected yet. So for errors, and for requests that steps asked. */
  readonly #emitted: Emitted[] = [];
  readonly #errors: EventwireError[] = [];
  readonly #asked: Asked[] = [];
  /** Whether the event that comes next is the scenario's own. */
  #ownIsNext = false;
  /** When the time begins that the next expectation is about. */
  #from = 0;

  constructor(contract: Contract, reaction: Reaction<Contract>, options: VirtualClockOptions) {
    this.#clock = new VirtualClock(options);
    this.#reaction = reaction;
    this.#bus = createBus(contract, {
      runtime: this.#clock,
      broker: memory({ runtime: this.#clock }),
      onError: (error) => {
        this.#errors.push(error);
        this.#tell("error", describe(error));
      },
    });
  }

  /** Rejects with an ExpectationError. */
  async perform(steps: readonly Step[]): Promise<void> {
    this.#watch();
    try {
      await this.#reaction(this.#bus, this.#clock);
      await this.#clock.settle();
      for (const step of steps) await this.#take(step);
      this.#expectNothingElse();
    } finally {
      await this.#clock.until(this.#bus.close({ drain: 0 }));
    }
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case "given":
        return this.#given(step.messages);
      case "when":
        return this.#happen("when", step.messages);
      case "after":
        return this.#pass(step.milliseconds, step.milliseconds);
      case "within":
        return this.#pass(step.milliseconds, 0);
      case "expect":
        return this.#expectEvents(step.events);
      case "expectError":
        return this.#expectError(step.code, step.text);
      case "expectAnswer":
        return this.#expectAnswer(step.name, step);
    }
  }

  #watch(): void {
    this.#bus.inspect((inspection) => {
      if (inspection.type !== "emitted") return;
      const { name, data } = inspection.message;
      if (this.#ownIsNext) this.#ownIsNext = false;
      else {
        this.#emitted.push({ name, data, at: this.#clock.monotonic() });
        this.#tell("emitted", message(name, data));
      }
    });
  }

  async #given(messages: Messages): Promise<void> {
    const before = this.#emitted.length;
    await this.#happen("given", messages);
    this.#emitted.length = before;
  }

  async #happen(who: string, messages: Messages): Promise<void> {
    for (const [name, data, from] of messages) {
      this.#tell(who, message(name, data));
      if (this.#bus.contract.definitions[name]?.kind === "request") this.#ask(name, data);
      else await this.#clock.until(this.#emit(name, data, from));
      await this.#clock.settle();
    }
    this.#from = this.#clock.monotonic();
  }

  /** Resolves when it is in the log, if it is durable. */
  async #emit(name: string, data: unknown, from: FromClient | undefined): Promise<void> {
    const core = attach(this.#bus);
    const topic = core.topics.get(name);
    let receipt: unknown;
    this.#ownIsNext = true;
    try {
      if (topic && (from || topic.definition.from === "client") && topic.definition.delivery !== "durable") {
        const peer = { id: "client", user: from?.user };
        const time = this.#clock.now();
        core.deliver(
          topic,
          new EventMessage(name, data, topic.key(data), time, peer, core.newId(), "", undefined),
        );
      } else receipt = this.#bus.emit(name as never, data as never);
    } finally {
      this.#ownIsNext = false;
    }
    await receipt;
  }

  #ask(name: string, input: unknown): void {
    const asked: Asked = { name, answer: undefined };
    this.#asked.push(asked);
    const answered = (answered: Answer) => {
      asked.answer = answered;
      this.#tell("answered", `${name} ${answer(answered)}`);
    };
    const reply: unknown = this.#bus.request(name as never, input as never);
    whole(reply as Promise<unknown> | AsyncIterable<unknown>).then(
      (value: unknown) => answered({ code: undefined, value }),
      ({ code, detail }: EventwireError & { readonly detail?: unknown }) => answered({ code, value: detail }),
    );
  }

  async #pass(milliseconds: number, before: number): Promise<void> {
    this.#from = this.#clock.monotonic() + before;
    await this.#clock.advance(milliseconds);
  }

  #expectEvents(events: Events): void {
    const emitted = this.#emitted.splice(0);
    for (let index = 0; index < Math.max(events.length, emitted.length); index++) {
      this.#check(judgeEvent(events[index], emitted[index], this.#from));
    }
  }

  #expectError(code: string, text: string | RegExp = ""): void {
    const index = this.#errors.findIndex((error) => error.code === code && hasText(error, text));
    if (index >= 0) {
      this.#errors.splice(index, 1);
      return;
    }
    const like = text === "" ? "" : ` with ${text instanceof RegExp ? text : show(text)}`;
    throw this.#story.failure({ lines: [`No error "${code}"${like} was reported.`] });
  }

  #expectAnswer(name: string, expected: Answer): void {
    const index = this.#asked.findIndex((asked) => asked.name === name);
    const [asked] = index < 0 ? [] : this.#asked.splice(index, 1);
    if (!asked) throw this.#story.failure({ lines: [`"${name}" was not asked, or not so often.`] });
    if (!asked.answer) {
      throw this.#story.failure({
        lines: [`"${name}" has not been answered yet. Let time pass with after().`],
      });
    }
    this.#check(judgeAnswer(name, expected, asked.answer));
  }

  #expectNothingElse(): void {
    const unexpected = (what: string, more: readonly string[] = []) =>
      this.#story.failure({ lines: [`${what}, which no step expected.`, ...more] });
    const { uncaughtErrors, loggedErrors } = this.#clock;
    const [emitted] = this.#emitted;
    if (emitted) throw unexpected(`"${emitted.name}" was emitted`);
    const errors = [...this.#errors, ...uncaughtErrors, ...loggedErrors];
    if (errors.length > 0) throw unexpected("An error was reported", ["", ...errors.map(describe)]);
    const failed = this.#asked.find(({ answer }) => answer?.code !== undefined);
    if (failed) throw unexpected(`"${failed.name}" failed with ${failed.answer!.code}`);
  }

  #check(verdict: Verdict | undefined): void {
    if (verdict) throw this.#story.failure(verdict);
  }

  #tell(who: string, what: string): void {
    this.#story.tell(this.#clock.monotonic(), who, what);
  }
}

function describe(error: unknown): string {
  const { code, message } = error as Partial<EventwireError>;
  return code === undefined ? show(error) : `${code}: ${message}`;
}

/** In its own words or those of what caused it. */
function hasText(error: EventwireError, text: string | RegExp): boolean {
  const words = `${error.message}\n${(error.cause as Partial<Error> | undefined)?.message}`;
  return typeof text === "string" ? words.includes(text) : text.test(words);
}

/** An answer, of a streamed one all its items. */
async function whole(reply: Promise<unknown> | AsyncIterable<unknown>): Promise<unknown> {
  if (!(Symbol.asyncIterator in reply)) return reply;
  const items: unknown[] = [];
  for await (const item of reply) items.push(item);
  return items;
}
