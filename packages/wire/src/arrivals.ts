import { InvalidError, type Peer } from "@eventwire/core";
import {
  type BusCore,
  type EventDefinition,
  EventMessage,
  isUnchecked,
  type Topic,
  validate,
} from "@eventwire/core/attach";
import type { Counting } from "./counters.js";
import { type Event, type Events, runLength } from "./messages.js";

/** Takes the events of a client's server. */
export class Arrivals {
  readonly #core: BusCore;
  readonly #server: Peer;
  readonly #counting: Counting;

  constructor(core: BusCore, server: Peer, counting: Counting) {
    this.#core = core;
    this.#server = server;
    this.#counting = counting;
  }

  event([, name, data, id, time]: Event): void {
    const topic = this.#topicOf(name, 1);
    if (topic) this.#deliver(topic, data, id, "", this.#timeOf(time));
  }

  run(run: Events): void {
    const [, name, prefix, said] = run;
    const topic = this.#topicOf(name, runLength(run));
    if (!topic) return;
    const time = this.#timeOf(said);
    let number = 0;
    for (let index = 4; index < run.length; index += 2) {
      number += run[index] as number;
      this.#deliver(topic, run[index + 1], number, prefix, time);
    }
  }

  /** Where events of a name go. A server of another release may know some that this contract does not, or not so. */
  #topicOf(name: string, count: number): Topic | undefined {
    const topic = this.#core.topics.get(name);
    if (topic && mayArrive(topic.definition)) {
      this.#counting.eventsIn += count;
      return topic;
    }
    for (let times = 0; times < count; times++) this.#counting.refuse("Unsupported");
    return undefined;
  }

  /** @param id a number where it goes on from the prefix. */
  #deliver(topic: Topic, data: unknown, id: string | number, prefix: string, time: number): void {
    const { name, definition } = topic;
    try {
      const value = validate(definition.schema, name, data);
      const key = topic.key(value);
      this.#core.deliver(
        topic,
        new EventMessage(name, value, key, time, this.#server, id, prefix, undefined),
      );
    } catch (error) {
      if (error instanceof InvalidError) this.#counting.refuse(error.code);
      this.#core.report(error);
    }
  }

  #timeOf(time: unknown): number {
    return typeof time === "number" ? time : this.#core.runtime.now();
  }
}

/** What is not checked, or not a server's to send, is not let in. */
function mayArrive({ from, delivery, schema }: EventDefinition): boolean {
  return from !== "client" && delivery !== "durable" && !isUnchecked(schema);
}
