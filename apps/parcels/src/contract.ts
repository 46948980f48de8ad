import { defineContract, event, type Named, request, task } from "@eventwire/core";
import { states } from "@eventwire/core/watch";
import * as v from "valibot";

/** Somebody's name, such as `acorn`: a word, for it is a part of keys and of the ids of parcels. */
export const Name = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9]{1,23}$/));
/** A parcel's id: its vendor's name, and what tells it from that vendor's other parcels, such as `acorn-7f3k2a`. */
export const ParcelId = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9]{1,23}-[a-z0-9]{1,32}$/));
/** The IATA code of an airport, where parcels are picked up and delivered. */
export const PlaceCode = v.pipe(v.string(), v.regex(/^[A-Z]{3}$/));
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Milliseconds since the Unix epoch. */
const Time = v.number();

/** What a vendor hands in. */
export const Parcel = v.object({ parcel: ParcelId, from: PlaceCode, to: PlaceCode });
export type Parcel = v.InferOutput<typeof Parcel>;

/** A step of a parcel that a driver has made. */
const Step = v.object({ parcel: ParcelId, driver: Name, attempt: Count });
const Failed = v.object({ parcel: ParcelId, reason: v.string() });
const Place = v.object({ place: PlaceCode });

/** How a parcel stands. */
export const ParcelState = v.object({
  from: PlaceCode,
  to: PlaceCode,
  status: v.picklist(["accepted", "pickedUp", "inTransit", "delivered", "failed"]),
  /** When it was accepted, and when it came to stand so. */
  acceptedAt: Time,
  at: Time,
  /** Who made the last step. */
  driver: v.optional(Name),
  /** Why it failed. */
  reason: v.optional(v.string()),
  /** How often it was delivered: never more than once. */
  deliveries: Count,
});
export type ParcelState = v.InferOutput<typeof ParcelState>;

/** The tasks of a name, as they stand. */
const Queue = v.object({
  task: v.string(),
  waiting: Count,
  /** They wait for their next attempt. */
  delayed: Count,
  /** Deliveries that wait for their pickups. */
  blocked: Count,
  active: Count,
  dead: Count,
  /** For how long the oldest that waits has been there, in milliseconds. */
  oldest: v.number(),
});
export type Queue = v.InferOutput<typeof Queue>;

/** The hub's view, once a second. */
export const Tick = v.object({
  at: Time,
  queues: v.array(Queue),
  /** Deliveries since the hub began, and the time that the newest of them took from being accepted, in milliseconds. */
  delivered: Count,
  took: v.optional(v.number()),
  closed: v.array(PlaceCode),
});
export type Tick = v.InferOutput<typeof Tick>;

/** What a driver is doing. */
export const DriverReport = v.object({
  driver: Name,
  doing: v.array(v.object({ task: v.string(), parcel: ParcelId, attempt: Count, step: v.string() })),
  done: Count,
  failed: Count,
});
export type DriverReport = v.InferOutput<typeof DriverReport>;

/** A vendor's parcels, by the ids that it keeps itself, and by what the hub says of each. They add up to `handedIn`. */
export const VendorCount = v.object({
  vendor: Name,
  handedIn: Count,
  /** The hub has not said yet that it has them. */
  waiting: Count,
  underWay: Count,
  delivered: Count,
  failed: Count,
  /** The hub had them, and knows nothing of them: always none. */
  lost: Count,
  /** Among the delivered: always none. */
  twice: Count,
});
export type VendorCount = v.InferOutput<typeof VendorCount>;

/** A task that failed for good. */
export const DeadTask = v.object({
  task: v.string(),
  parcel: ParcelId,
  attempts: Count,
  reason: v.string(),
  diedAt: Time,
});
export type DeadTask = v.InferOutput<typeof DeadTask>;

const keyed = { key: ({ parcel }: { parcel: string }) => parcel };
const durable = { ...keyed, delivery: "durable" } as const;
// From both: what only clients may send no client may hear.
const ofDriver = { ...durable, from: "both" } as const;
const ofOperator = {
  key: ({ place }: { place: string }) => place,
  delivery: "durable",
  from: "both",
} as const;
const carried = { ...keyed, attempts: 3, backoff: { initial: 1_000, max: 4_000 } } as const;

const contract = defineContract({
  // Done at the hub: what a parcel needs is there when the vendor knows that it was taken, all of it or nothing.
  "parcel.accept": task(Parcel, { ...keyed, from: "client", result: v.object({ delivery: v.string() }) }),
  "parcel.pickup": task(Parcel, { ...carried, from: "server" }),
  "parcel.deliver": task(Parcel, { ...carried, from: "server", result: v.object({ driver: Name }) }),

  "parcel.accepted": event(Parcel, durable),
  "parcel.pickedUp": event(Step, ofDriver),
  "parcel.inTransit": event(Step, ofDriver),
  "parcel.delivered": event(Step, ofDriver),
  /** Its attempts are used up: somebody has to look. */
  "parcel.failed": event(Failed, durable),
  "parcel.redriven": event(Parcel, durable),
  "place.closed": event(Place, ofOperator),
  "place.opened": event(Place, ofOperator),

  "parcels.watch": request({ input: v.object({}), item: states({ key: ParcelId, state: ParcelState }) }),
  "places.list": request({
    idempotent: true,
    input: v.object({}),
    output: v.array(v.object({ place: PlaceCode, city: v.string(), state: v.string() })),
  }),
  "dead.list": request({ input: v.object({}), output: v.array(DeadTask) }),
  "dead.redrive": request({ input: v.object({ parcels: v.array(ParcelId) }), output: Count }),

  "hub.ticked": event(Tick, { delivery: "volatile" }),
  "driver.reported": event(DriverReport, { delivery: "volatile", from: "both", key: ({ driver }) => driver }),
  "vendor.counted": event(VendorCount, { delivery: "volatile", from: "both", key: ({ vendor }) => vendor }),
});

/** Every message of the parcel service. */
export interface Parcels extends Named<typeof contract> {}
export const parcels: Parcels = contract;

/** Whose parcel it is. */
export function vendorOf(parcel: string): string {
  return parcel.slice(0, parcel.indexOf("-"));
}

/** What `auth` of a connection says: who somebody is, and the key where that has to be proved. */
export const Credentials = v.object({
  role: v.picklist(["vendor", "driver", "operator"]),
  name: Name,
  key: v.optional(v.string()),
});
export type Credentials = v.InferOutput<typeof Credentials>;
