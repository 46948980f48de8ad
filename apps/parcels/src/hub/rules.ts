import { timingSafeEqual } from "node:crypto";
import type { Bus } from "@eventwire/core";
import { type Allow, everyKey, type Principal } from "@eventwire/socket.io";
import * as v from "valibot";
import { Credentials, type Parcels, vendorOf } from "../contract.js";

/** Who is connected. */
export interface User extends Principal {
  readonly role: Credentials["role"];
  readonly name: string;
}

/** Whose names have to be proved by a key: operators' always, and those of the service's own vendors and drivers. */
export interface Staff {
  readonly key: string;
  readonly names: readonly string[];
}

/** Takes anybody at their word but the staff. A real service asks its own login here. */
export function authenticate(auth: unknown, staff: Staff): User | undefined {
  const { success, output } = v.safeParse(Credentials, auth);
  if (!success) return undefined;
  const { role, name, key } = output;
  const proven = key !== undefined && equal(key, staff.key);
  if (!proven && (role === "operator" || staff.names.includes(name))) return undefined;
  return { id: `${role}:${name}`, role, name };
}

/** Who may do what: vendors see to their own parcels, drivers to the work, operators to all. */
export function rules(bus: Bus<Parcels>): Allow<Parcels, User> {
  const is = (user: User, role: User["role"]) => user.role === role;
  const owns = (user: User, parcel: unknown) =>
    is(user, "vendor") && typeof parcel === "string" && vendorOf(parcel) === user.name;
  const drives = (user: User, { driver }: { driver: string }) => is(user, "driver") && driver === user.name;

  return {
    listen: {
      "parcel.*": ({ peer: { user }, key }) => is(user, "operator") || (key !== everyKey && owns(user, key)),
      "place.*": ({ peer }) => !is(peer.user, "vendor"),
      "hub.ticked": ({ peer }) => is(peer.user, "operator"),
      "driver.reported": ({ peer }) => is(peer.user, "operator"),
      "vendor.counted": ({ peer }) => is(peer.user, "operator"),
    },
    // Which places are closed was said at some time.
    history: { "place.*": true },
    enqueue: { "parcel.accept": ({ peer, data }) => owns(peer.user, data.parcel) },
    work: {
      "parcel.pickup": ({ peer }) => is(peer.user, "driver"),
      "parcel.deliver": ({ peer }) => is(peer.user, "driver"),
    },
    // What became of a delivery is its vendor's to know: the task's key is the parcel.
    tasks: {
      "parcel.deliver": async ({ peer, id, may }) =>
        may === "look" && owns(peer.user, (await bus.tasks("parcel.deliver").state(id))?.key),
    },
    emit: {
      "parcel.pickedUp": ({ peer, data }) => drives(peer.user, data),
      "parcel.inTransit": ({ peer, data }) => drives(peer.user, data),
      "parcel.delivered": ({ peer, data }) => drives(peer.user, data),
      "driver.reported": ({ peer, data }) => drives(peer.user, data),
      "vendor.counted": ({ peer, data }) => is(peer.user, "vendor") && data.vendor === peer.user.name,
      "place.*": ({ peer }) => is(peer.user, "operator"),
    },
    request: {
      "parcels.watch": ({ peer }) => is(peer.user, "vendor"),
      "places.list": true,
      "dead.*": ({ peer }) => is(peer.user, "operator"),
    },
  };
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
