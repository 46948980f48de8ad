import type { Appended, LogPage } from "../broker.js";

/**
 * What a broker answers is looked at before it is believed: these throw where it cannot be true, inside of what is then
 * reported and asked again, as after any failure of the broker.
 */

/** @throws {Error} when there is not one outcome for each, or an event was appended at no offset. */
export function checkAppended(appended: readonly Appended[], count: number): readonly Appended[] {
  checkOneEach(appended, count);
  for (const outcome of appended) {
    if (outcome.type !== "appended" || (outcome.duplicate && outcome.offset === undefined)) continue;
    checkOffset(outcome.offset);
  }
  return appended;
}

/** @throws {Error} */
export function checkOneEach<Answer>(answers: readonly Answer[], count: number): readonly Answer[] {
  if (answers.length === count) return answers;
  throw new Error(`it gave ${answers.length} outcomes for ${count}`);
}

/** @throws {Error} */
export function checkOffset<Offset extends number | undefined>(offset: Offset): Offset {
  if (Number.isSafeInteger(offset) && offset! >= 0) return offset;
  throw new Error(`it gave ${offset} as an offset`);
}

/**
 * @returns the page, where what was trimmed lies in what was looked through: who reads on must not be told of it each time.
 * @throws {Error} when offsets do not rise, or it has no epoch.
 */
export function checkPage(page: LogPage, after: number): LogPage {
  const { epoch, records, scanned, trimmed } = page;
  if (typeof epoch !== "string" || epoch === "") throw new Error(`it gave ${epoch} as the log's epoch`);
  let last = after;
  for (const { offset } of records) {
    if (!(checkOffset(offset) > last)) throw new Error(`it gave offset ${offset} after ${last}`);
    last = offset;
  }
  if (checkOffset(scanned) < last && records.length > 0) {
    throw new Error(`it gave offset ${last}, and says that it looked up to ${scanned}`);
  }
  const end = Math.max(after, scanned);
  return records.length === 0 && trimmed > end ? { ...page, trimmed: end } : page;
}
