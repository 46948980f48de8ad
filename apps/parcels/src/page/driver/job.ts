import type { Data, TaskContext } from "@eventwire/core";
import type { Parcels } from "../../contract.js";

/** What a driver takes on: a task of one of these names. */
export type Shift = "parcel.pickup" | "parcel.deliver";

type Parcel = Data<Parcels, Shift>;
type Task = Pick<TaskContext, "attempt" | "signal" | "leasedUntil" | "release">;

/** How long nobody is offered what a driver has declined, in milliseconds: this one has something else first. */
const DECLINED = 5_000;

/** A task in the hands of a person: done when the person says so. */
export class Job {
  readonly shift: Shift;
  readonly parcel: Parcel;
  readonly attempt: number;
  /** Whether the driver does not want it. */
  declined = false;
  /** Settles when it is done, has failed, or is no longer this driver's. */
  readonly ended: Promise<void>;
  /** How far it is. */
  step: "offered" | "taken" | "inTransit" = "offered";
  readonly #task: Task;
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(shift: Shift, parcel: Parcel, task: Task) {
    this.shift = shift;
    this.parcel = parcel;
    this.attempt = task.attempt;
    this.#task = task;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    task.signal.addEventListener("abort", () => this.#reject(task.signal.reason));
  }

  /** Until when it is this driver's, as far as this phone knows, in milliseconds since the Unix epoch. */
  get leasedUntil(): number {
    return this.#task.leasedUntil;
  }

  done(): void {
    this.#resolve();
  }

  /** Others are offered it, as if this driver had not been. */
  decline(): void {
    this.declined = true;
    this.#task.release({ delay: DECLINED });
  }

  /** It is tried again, by whoever is next, or dead where this was the last attempt. */
  fail(reason: string): void {
    this.#reject(new Error(reason));
  }
}
