import { MisuseError } from "@eventwire/core";
import { isThenable } from "@eventwire/core/attach";
import { type Connection, isInTransaction } from "../connection.js";
import { isStoreFailing } from "../thread/failures.js";

/**
 * Does `work` within the transaction that is open, all of it or nothing.
 *
 * @param late told of what a promise rejects with that `work` returned and may not.
 * @returns what it failed with. A transaction is open afterwards in any case.
 * @throws what the database does, also to `work`.
 */
export function attempt(
  db: Connection,
  work: () => unknown,
  late: (error: unknown) => void,
): { readonly error: unknown } | undefined {
  let failure: { readonly error: unknown } | undefined;
  db.exec("SAVEPOINT eventwire_effect");
  try {
    const result = work();
    if (isThenable(result)) {
      result.then(nothing, late);
      throw new MisuseError(
        "The handler returned a promise: what it does later is not in its transaction. Make it synchronous; await elsewhere, such as in a listener in a group.",
      );
    }
  } catch (error) {
    if (isStoreFailing(error)) throw error;
    failure = { error };
  }
  try {
    db.exec(`${failure ? "ROLLBACK TO eventwire_effect;" : ""} RELEASE eventwire_effect`);
    return failure;
  } catch (cause) {
    // By the handler itself, or by SQLite because of what it did.
    if (!isInTransaction(db)) db.exec("BEGIN IMMEDIATE");
    return (
      failure ?? {
        error: new MisuseError("The handler ended the transaction that it runs in, which is not its own.", {
          cause,
        }),
      }
    );
  }
}

function nothing(): undefined {
  return undefined;
}
