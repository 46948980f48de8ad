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
  /** By name and key, so that to tell those of one key costs the same, however many keys are listened to. */
  readonly #watchers = new Map<string, Map<Key | undefined, Set<Watcher>>>();
  /** Those of this turn, by name and reason. */
  readonly #unhandled = new Map<string, Gap>();

  constructor(host: GapsHost) {
    this.#host = host;
  }

  /** @returns what ends it. */
  watch(names: readonly string[], key: Key | undefined, onGap: (gap: Gap) => void): () => void {
    const watcher: Watcher = { key, onGap };
    for (const name of names) this.#watch(name, watcher);
    return () => {
      for (const name of names) this.#forget(name, watcher);
    };
  }

  #watch(name: string, watcher: Watcher): void {
    const byKey = this.#watchers.get(name) ?? new Map<Key | undefined, Set<Watcher>>();
    this.#watchers.set(name, byKey);
    const watchers = byKey.get(watcher.key);
    if (watchers) watchers.add(watcher);
    else byKey.set(watcher.key, new Set([watcher]));
  }

  #forget(name: string, watcher: Watcher): void {
    const byKey = this.#watchers.get(name);
    const watchers = byKey?.get(watcher.key);
    watchers?.delete(watcher);
    if (watchers?.size === 0) byKey!.delete(watcher.key);
    if (byKey?.size === 0) this.#watchers.delete(name);
  }

  /** Of a key, or without one, of any: concerns who listens to it, or to all. */
  tell(gap: Gap): void {
    const { name, key } = gap;
    if (!this.#host.topics.get(name)?.listened(key)) return;
    const byKey = this.#watchers.get(name);
    const concerned =
      key === undefined ? [...(byKey?.values() ?? [])] : [byKey?.get(undefined), byKey?.get(key)];
    if (!this.#tell(gap, concerned)) this.report(gap);
  }

  /** Of what is listened to by exactly this key, or without one. @returns whether anybody was told. */
  tellExactly(gap: Gap): boolean {
    return this.#tell(gap, [this.#watchers.get(gap.name)?.get(gap.key)]);
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

  #tell(gap: Gap, concerned: readonly (Set<Watcher> | undefined)[]): boolean {
    this.#host.inspect?.({ type: "gap", gap });
    let told = false;
    // Copies: who is told may begin to watch, and is not told of this one then.
    const all = concerned.map((watchers) => [watchers, [...(watchers ?? [])]] as const);
    for (const [watchers, those] of all) {
      for (const watcher of those) {
        // One that was told before may have ended it.
        if (!watchers!.has(watcher)) continue;
        const { key, onGap } = watcher;
        told = true;
        this.#host.attempt(() => onGap({ ...gap, key: key ?? gap.key }));
      }
    }
    return told;
  }
}

function together(one: Gap, other: Gap): Gap {
  const missed =
    one.missed === undefined || other.missed === undefined ? undefined : one.missed + other.missed;
  return { ...one, key: one.key === other.key ? one.key : undefined, missed };
}
