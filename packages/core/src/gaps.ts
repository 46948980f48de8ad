import type { Runtime } from "@eventwire/queue";
import { GapError } from "./errors/gap-error.js";
import type { Gap } from "./gap.js";
import type { Observer } from "./inspection.js";
import type { Key } from "./key.js";
import type { Topic } from "./topic.js";

export interface GapsHost {
  readonly runtime: Runtime;
  readonly topics: ReadonlyMap<string, Topic>;
  readonly inspect: Observer | undefined;
  readonly report: (error: unknown) => void;
  /** Runs `work`; what it throws is reported and stops nothing else. */
  attempt(work: () => void): void;
}

interface Watcher {
  readonly key: Key | undefined;
  readonly onGap: (gap: Gap) => void;
}

/** Tells the listeners of events that come over links which of them will not. Those without `onGap` cost nothing here. */
export class Gaps {
  readonly #host: GapsHost;
  readonly #watchers = new Map<string, Set<Watcher>>();
  /** Those of this turn, by name and reason. */
  readonly #unhandled = new Map<string, Gap>();

  constructor(host: GapsHost) {
    this.#host = host;
  }

  /** @returns what ends it. */
  watch(names: readonly string[], key: Key | undefined, onGap: (gap: Gap) => void): () => void {
    const watcher: Watcher = { key, onGap };
    for (const name of names) {
      const watchers = this.#watchers.get(name);
      if (watchers) watchers.add(watcher);
      else this.#watchers.set(name, new Set([watcher]));
    }
    return () => {
      for (const name of names) {
        const watchers = this.#watchers.get(name);
        watchers?.delete(watcher);
        if (watchers?.size === 0) this.#watchers.delete(name);
      }
    };
  }

  /** Of a key, or without one, of any: concerns who listens to it, or to all. */
  tell(gap: Gap): void {
    const { name, key } = gap;
    if (!this.#host.topics.get(name)?.listened(key)) return;
    const concerns = (listened: Key | undefined) =>
      key === undefined || listened === undefined || listened === key;
    if (!this.#tell(gap, concerns)) this.report(gap);
  }

  /** Of what is listened to by exactly this key, or without one. @returns whether anybody was told. */
  tellExactly(gap: Gap): boolean {
    return this.#tell(gap, (listened) => listened === gap.key);
  }

  /** Nobody wanted to know: it is reported, together with those of its name and reason in this turn. */
  report(gap: Gap): void {
    const kind = `${gap.name} ${gap.reason}`;
    const before = this.#unhandled.get(kind);
    if (this.#unhandled.size === 0) this.#host.runtime.microtask(() => this.#reportAll());
    this.#unhandled.set(kind, before ? together(before, gap) : gap);
  }

  #reportAll(): void {
    const gaps = [...this.#unhandled.values()];
    this.#unhandled.clear();
    for (const gap of gaps) this.#host.report(new GapError(gap));
  }

  #tell(gap: Gap, concerns: (key: Key | undefined) => boolean): boolean {
    this.#host.inspect?.({ type: "gap", gap });
    const watchers = this.#watchers.get(gap.name);
    let told = false;
    for (const watcher of [...(watchers ?? [])]) {
      const { key, onGap } = watcher;
      // One that was told before may have ended it.
      if (!concerns(key) || !watchers?.has(watcher)) continue;
      told = true;
      this.#host.attempt(() => onGap({ ...gap, key: key ?? gap.key }));
    }
    return told;
  }
}

function together(one: Gap, other: Gap): Gap {
  const missed =
    one.missed === undefined || other.missed === undefined ? undefined : one.missed + other.missed;
  return { ...one, key: one.key === other.key ? one.key : undefined, missed };
}
