import { ClosedError } from "@eventwire/queue";
import type { RemoteBacking } from "./backing/remote-backing.js";
import type { DurableEvents, DurableOptions } from "./backing.js";
import { type Begun, refused } from "./begun.js";
import type { BusCore, Uplink } from "./bus-core.js";
import { describe } from "./errors/describe.js";
import { UnsupportedError } from "./errors/unsupported-error.js";
import type { Group } from "./group.js";
import type { Keeper } from "./keeper.js";
import { laterBegun } from "./later-begun.js";
import { laterEvents } from "./later-events.js";
import type { Listener } from "./listeners.js";
import type { Offset } from "./message.js";
import type { Topic } from "./topic.js";
import type { TaskQueue } from "./work.js";

/** That of a client's bus, which keeps nothing itself: what listens to its server's log is loaded when the first listener does. */
export class ClientKeeper implements Keeper {
  readonly maxBodyBytes = 0;
  readonly #core: BusCore;
  readonly #uplink: Uplink;
  #loading: Promise<RemoteBacking> | undefined;

  constructor(core: BusCore, uplink: Uplink) {
    this.#core = core;
    this.#uplink = uplink;
  }

  listen(pattern: string, topics: readonly Topic[], options: DurableOptions, call: Listener): Begun {
    return laterBegun<RemoteBacking>(
      (ask) => this.#remote().then(ask),
      (remote) => remote.listen(pattern, topics, options, call),
    );
  }

  iterate(topic: Topic, options: DurableOptions): DurableEvents {
    return laterEvents(this.#remote().then((remote) => remote.iterate(topic, options)));
  }

  position(): Promise<Offset> {
    return this.#core.closed
      ? Promise.reject(new ClosedError("The log was not asked for its position"))
      : this.#uplink.position();
  }

  emit({ name }: Topic): Promise<never> {
    return noLog(name);
  }

  append({ name }: { readonly name: string }): Promise<never> {
    return noLog(name);
  }

  has({ name }: { readonly name: string }): Promise<never> {
    return noLog(name);
  }

  find(name: string): Promise<never> {
    return noLog(name);
  }

  enqueue(name: string): Promise<never> {
    return noQueue(name);
  }

  work(name: string): Begun {
    return refused(noQueue(name));
  }

  tasks(name: string): TaskQueue {
    const ask = () => noQueue(name);
    return { counts: ask, dead: ask, redrive: ask };
  }

  group(name: string): Group {
    const ask = () => noLog(`group("${name}")`);
    return { dead: ask, redrive: ask, lag: ask };
  }

  async drain(): Promise<void> {
    await this.#loading?.then((remote) => remote.drain()).catch(nothing);
  }

  async close(): Promise<void> {
    await this.#loading?.then((remote) => remote.close()).catch(nothing);
  }

  #remote(): Promise<RemoteBacking> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<RemoteBacking> {
    try {
      const { RemoteBacking } = await import("./backing/remote-backing.js");
      return new RemoteBacking(this.#core, this.#uplink);
    } catch (cause) {
      this.#loading = undefined;
      throw new UnsupportedError(`What listens to durable events was not loaded: ${describe(cause)}`, {
        cause,
      });
    }
  }
}

function noLog(name: string): Promise<never> {
  return lacks(name, "durable and needs a log");
}

function noQueue(name: string): Promise<never> {
  return lacks(name, "a task and needs a queue");
}

async function lacks(name: string, what: string): Promise<never> {
  throw new UnsupportedError(`"${name}" is ${what}, which a client's bus does not have yet.`, { name });
}

function nothing(): undefined {
  return undefined;
}
