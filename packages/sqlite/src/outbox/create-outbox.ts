import {
  type Bus,
  ClosedError,
  type Contract,
  type Data,
  type DurableName,
  type EventName,
  MisuseError,
  type Sendable,
} from "@eventwire/core";
import { appendOf, attach, type BusCore, validate, withDeadline } from "@eventwire/core/attach";
import { type Connection, isInTransaction } from "../connection.js";
import { OutboxPublisher } from "./outbox-publisher.js";
import { OutboxTable } from "./outbox-table.js";

export interface OutboxOptions {
  /** The name of its table; a second one ends in `_publisher`. Default `"eventwire_outbox"`. */
  readonly table?: string | undefined;
  /** How often to look for what other connections have committed, in milliseconds. Default 20. */
  readonly pollEvery?: number | undefined;
}

/** Durable events that are emitted by a transaction of a database. Made by {@link outbox}. */
export interface Outbox<C extends Contract> {
  /**
   * Emits a durable event as a part of the transaction that is open on the connection: it is in the log soon after that was
   * committed, whatever crashes, and never where it was rolled back. Without a transaction it is one of its own.
   *
   * @returns the event's id, as its listeners will know it.
   * @throws {InvalidError} when its schema refuses the data, or it cannot be kept.
   * @throws {MisuseError} when the event is not durable.
   * @throws {ClosedError} when the outbox or its bus is closed, and what the database throws.
   *
   * @example
   * ```ts
   * database.exec("BEGIN");
   * database.prepare("INSERT INTO orders VALUES (?, ?)").run(order.id, order.total);
   * outgoing.emit("order.placed", order);
   * database.exec("COMMIT");
   * ```
   */
  emit<N extends DurableName<C> & EventName<C>>(
    name: Sendable<C, "event", "server", N>,
    data: Data<C, N>,
  ): string;
  /** Resolves when all that was committed is in the log. Rejects with a `ClosedError` when the outbox ends before. */
  idle(): Promise<void>;
  /**
   * Publishes what was committed, for up to `drain` milliseconds (default 5,000), and ends; the rest is published at the next start.
   * The end of the bus does this too. The connection stays open.
   */
  close(options?: { readonly drain?: number | undefined }): Promise<void>;
}

/**
 * Emits durable events within transactions of the application's own database, so that the two are never apart. Its tables are made
 * where there are none. What a process has committed and not published before its end, the next one does, or another one that shares the
 * database, 2 s later.
 *
 * @param db the connection that the application's transactions are made on.
 * @throws {MisuseError} when a transaction is open on the connection, or an option is not what it has to be, and what the database
 *   throws.
 *
 * @example
 * ```ts
 * const outgoing = outbox(bus, database);
 * ```
 */
export function outbox<C extends Contract>(
  bus: Bus<C>,
  db: Connection,
  { table = "eventwire_outbox", pollEvery = 20 }: OutboxOptions = {},
): Outbox<C> {
  if (!/^[A-Za-z_]\w{0,99}$/.test(table)) {
    throw new MisuseError(`The table of an outbox has a name of letters, digits and _; "${table}" is none.`);
  }
  if (!(pollEvery >= 1)) throw new MisuseError(`pollEvery must be at least 1; it is ${pollEvery}.`);
  if (isInTransaction(db)) {
    throw new MisuseError("An outbox cannot be made while a transaction is open on its connection.");
  }
  const core = attach(bus);
  if (core.closed) throw new ClosedError("No outbox is made for a bus");
  return new DatabaseOutbox(core, bus.contract, db, table, pollEvery);
}

class DatabaseOutbox {
  readonly #core: BusCore;
  readonly #contract: Contract;
  readonly #table: OutboxTable;
  readonly #publisher: OutboxPublisher;
  readonly #forgetClose: () => void;
  #closing: Promise<void> | undefined;

  constructor(core: BusCore, contract: Contract, db: Connection, table: string, pollEvery: number) {
    this.#core = core;
    this.#contract = contract;
    this.#table = new OutboxTable(db, table, core.newId());
    this.#publisher = new OutboxPublisher(core, db, this.#table, pollEvery);
    this.#forgetClose = core.onClose((drain) => this.close({ drain }));
  }

  emit(named: unknown, data: unknown): string {
    const name = String(named);
    if (this.#closing) throw new ClosedError(`"${name}" was not emitted`, name, "outbox");
    const core = this.#core;
    const topic = Object.hasOwn(this.#contract.definitions, name) ? core.topics.get(name) : undefined;
    if (topic?.definition.delivery !== "durable") {
      throw new MisuseError(`"${name}" is no durable event of the contract, and an outbox emits no other.`, {
        name,
      });
    }
    core.checkSends(name, topic.definition.from);
    const valid = validate(topic.definition.schema, name, data);
    let id = "";
    core.emit(topic, valid, undefined, (message) => {
      id = message.id;
      this.#table.add(appendOf(message, valid, core.keeper.maxBodyBytes));
    });
    this.#publisher.wake();
    return id;
  }

  idle(): Promise<void> {
    return this.#publisher.idle();
  }

  close({ drain = 5_000 }: { readonly drain?: number | undefined } = {}): Promise<void> {
    if (!(drain >= 0)) {
      return Promise.reject(new MisuseError(`drain must be at least 0 milliseconds; it is ${drain}.`));
    }
    this.#closing ??= this.#close(drain);
    return this.#closing;
  }

  async #close(drain: number): Promise<void> {
    this.#forgetClose();
    const idle = this.#publisher.idle();
    // What is not published by then is at the next start.
    await withDeadline(this.#core.runtime, "", { timeout: drain }, () => idle).catch(() => undefined);
    this.#publisher.end();
  }
}
