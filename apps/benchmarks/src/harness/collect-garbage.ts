/**
 * Collects all garbage, so that what a setup left behind is not charged to what is measured, and what stays is where
 * long-lived objects are. Needs `node --expose-gc`; without it only the noise is higher, and memory cannot be measured.
 *
 * @returns whether it could.
 */
export function collectGarbage(): boolean {
  if (globalThis.gc === undefined) return false;
  // The second time promotes what survived the first.
  globalThis.gc();
  globalThis.gc();
  return true;
}
