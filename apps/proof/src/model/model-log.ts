import type { Append, Key, LogQuery, Producer } from "@eventwire/core";

interface ModelRecord extends Append {
  /** As the log gave it. */
  readonly offset: number;
}

interface ModelCursor {
  readonly owner: string | undefined;
  readonly token: number;
  readonly until: number;
  readonly state: number | undefined;
}

/** A log as one would write it down: a list of what is there, a list of what went, and the newest of everything else. */
export class ModelLog {
  records: readonly ModelRecord[] = [];
  /** What went so that who had not read it must be told. */
  trimmed: readonly ModelRecord[] = [];
  head = 0;
  now = 0;
  readonly ids = new Map<string, number>();
  readonly producers = new Map<string, Producer>();
  readonly cursors = new Map<string, ModelCursor>();

  /** What the log has to say of an append. */
  outcome({ id, producer }: Append): "new" | "duplicate" | "fenced" | number {
    if (!producer) return this.ids.has(id) ? "duplicate" : "new";
    const known = this.producers.get(producer.id) ?? { ...producer, sequence: 0 };
    if (producer.epoch < known.epoch) return "fenced";
    this.producers.set(producer.id, { ...producer, sequence: known.sequence });
    if (producer.sequence <= known.sequence) return "duplicate";
    if (producer.sequence > known.sequence + 1) return known.sequence + 1;
    this.producers.set(producer.id, producer);
    return "new";
  }

  keep(append: Append, offset: number): void {
    this.records = [...this.records, { ...append, offset }];
    this.ids.set(append.id, offset);
    this.head = offset;
  }

  read({ after, names, key }: Pick<LogQuery, "after" | "names" | "key">): readonly string[] {
    const wanted = selection(names, key);
    return this.records.filter((record) => record.offset > after && wanted(record)).map(({ id }) => id);
  }

  /** The largest offset of what was trimmed. */
  gap(names: readonly string[] | undefined, key: Key | undefined): number {
    return this.trimmed.filter(selection(names, key)).at(-1)?.offset ?? 0;
  }

  trim(before: number, name: string | undefined): void {
    const goes = (record: ModelRecord) => record.offset < before && (name ?? record.name) === record.name;
    const all = [...this.trimmed, ...this.records.filter(goes)];
    this.trimmed = all.sort((one, other) => one.offset - other.offset);
    this.records = this.records.filter((record) => !goes(record));
  }

  /** @returns how many go. */
  compact(before: number): number {
    return this.#drop(
      (record) =>
        record.key !== undefined &&
        this.records.some(
          ({ name, key, offset }) =>
            name === record.name && key === record.key && offset > record.offset && offset < before,
        ),
    );
  }

  /** @returns how many go. */
  erase(key: Key): number {
    return this.#drop((record) => record.key === key);
  }

  #drop(goes: (record: ModelRecord) => boolean): number {
    const stay = this.records.filter((record) => !goes(record));
    const gone = this.records.length - stay.length;
    this.records = stay;
    return gone;
  }
}

function selection(names: readonly string[] | undefined, key: Key | undefined) {
  return (record: ModelRecord) =>
    (names?.includes(record.name) ?? true) && (key === undefined || key === record.key);
}
