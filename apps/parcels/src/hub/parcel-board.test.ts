import { expect, test } from "vitest";
import type { ParcelState } from "../contract.js";
import { type BoardEvent, foldParcel } from "./parcel-board.js";

const parcel = "ann-1";
const step = { parcel, driver: "dan", attempt: 1 };
const accepted = ["parcel.accepted", { parcel, from: "SEA", to: "BOS" }] as const;

/** How the parcel stands after these, one a millisecond. */
function after(...events: readonly (readonly [BoardEvent["name"], object])[]): ParcelState | undefined {
  return events.reduce<ParcelState | undefined>(
    (state, [name, data], time) => foldParcel(state, { name, data, time } as unknown as BoardEvent),
    undefined,
  );
}

test("a delivered parcel stays so, whatever a driver says late, and counts each delivery", () => {
  const delivered = [accepted, ["parcel.inTransit", step], ["parcel.delivered", step]] as const;
  const state = {
    from: "SEA",
    to: "BOS",
    status: "delivered",
    acceptedAt: 0,
    at: 2,
    driver: "dan",
    deliveries: 1,
  };
  expect(after(...delivered)).toEqual(state);
  expect(after(...delivered, ["parcel.inTransit", { ...step, driver: "eve" }])).toEqual(state);
  expect(after(...delivered, ["parcel.delivered", step])).toMatchObject({ deliveries: 2 });
});

test("a parcel that failed says why until it is redriven", () => {
  const failed = [accepted, ["parcel.failed", { parcel, reason: "ANC is closed." }]] as const;
  expect(after(...failed)).toMatchObject({ status: "failed", reason: "ANC is closed." });
  expect(after(...failed, ["parcel.redriven", accepted[1]])).toEqual({
    ...{ from: "SEA", to: "BOS", status: "accepted", acceptedAt: 0, at: 2, deliveries: 0 },
  });
});
