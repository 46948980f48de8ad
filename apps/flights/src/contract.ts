import { defineContract, event, type Named, request } from "@eventwire/core";
import * as v from "valibot";

/** An IATA airport code, such as `SFO`. */
const AirportCode = v.pipe(v.string(), v.regex(/^[A-Z0-9]{3,4}$/));
/** A flight of the replay, such as `12345`: the row of the file it comes from. */
const FlightId = v.pipe(v.string(), v.maxLength(16));
/**
 * Milliseconds since the Unix epoch on the replay's one clock. The file's times are local at the origin; they are
 * all read as if they were UTC, so format them in UTC.
 */
const SimulatedTime = v.number();

/**
 * The running number of a departure or an arrival: both are counted together, from 1 on, for as long as the hub keeps its log. So
 * whoever hears all of them sees each number once.
 */
const MovementNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** An aircraft took off. */
export const Departure = v.object({
  number: MovementNumber,
  flight: FlightId,
  origin: AirportCode,
  destination: AirportCode,
  departedAt: SimulatedTime,
  arrivesAt: SimulatedTime,
  /** Minutes late at the destination's gate; negative is early. */
  delay: v.number(),
  /** Great-circle distance in miles, as the file has it. */
  distance: v.number(),
});
export type Departure = v.InferOutput<typeof Departure>;

/** Where an aircraft is, and how it is moving over the ground in simulated time. */
export const Position = v.object({
  flight: FlightId,
  /** Degrees. */
  latitude: v.number(),
  longitude: v.number(),
  /** Degrees clockwise from north. */
  heading: v.number(),
  origin: AirportCode,
  destination: AirportCode,
  departedAt: SimulatedTime,
  arrivesAt: SimulatedTime,
  delay: v.number(),
  /** The simulated moment of this position. */
  at: SimulatedTime,
});
export type Position = v.InferOutput<typeof Position>;

/** An aircraft landed. */
export const Arrival = v.object({
  number: MovementNumber,
  flight: FlightId,
  origin: AirportCode,
  destination: AirportCode,
  arrivedAt: SimulatedTime,
  delay: v.number(),
});
export type Arrival = v.InferOutput<typeof Arrival>;

/** A departure or an arrival as one airport sees it. */
export const Movement = v.object({
  airport: AirportCode,
  kind: v.picklist(["departure", "arrival"]),
  flight: FlightId,
  /** The airport at the other end. */
  other: AirportCode,
  at: SimulatedTime,
  delay: v.number(),
});
export type Movement = v.InferOutput<typeof Movement>;

/** Simulated seconds a second that the replay may run at. */
export const Speed = v.pipe(v.number(), v.minValue(1), v.maxValue(3_600));

/** The state of the replay, shared by everyone who watches. */
export const Replay = v.object({
  simulatedTime: SimulatedTime,
  speed: Speed,
  paused: v.boolean(),
  /** Departures since midnight of the first day. */
  departed: v.number(),
  airborne: v.number(),
  /** Flights left out because an airport has no coordinates. */
  unplaced: v.number(),
});
export type Replay = v.InferOutput<typeof Replay>;

/** A note that one person raises and everyone sees. */
export const Alert = v.object({
  level: v.picklist(["info", "warning", "critical"]),
  text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(140)),
  airport: v.optional(AirportCode),
});
export type Alert = v.InferOutput<typeof Alert>;

/** What an airport has seen since midnight. */
export const AirportStats = v.object({
  airport: AirportCode,
  departures: v.number(),
  arrivals: v.number(),
  /** Aircraft in the air that are on their way there. */
  inbound: v.number(),
  /** Minutes that the flights from here were late at their destinations, on average; 0 without departures. */
  meanDelay: v.number(),
  /** The airports most flown to, most first. */
  busiest: v.array(v.object({ airport: AirportCode, departures: v.number() })),
});
export type AirportStats = v.InferOutput<typeof AirportStats>;

const durable = defineContract({
  "flight.departed": event(Departure, { delivery: "durable", key: (departure) => departure.flight }),
  "flight.arrived": event(Arrival, { delivery: "durable", key: (arrival) => arrival.flight }),
});

/** What the hub keeps in its log of the flights: a part of {@link airspace}, to be listened to in the log's order. */
export interface FlightLog extends Named<typeof durable> {}
export const flightLog: FlightLog = durable;

const contract = defineContract({
  ...durable.definitions,
  "flight.position": event(Position, { delivery: "volatile", key: (position) => position.flight }),
  "airport.movement": event(Movement, { key: (movement) => movement.airport }),
  "replay.ticked": event(Replay, { delivery: "volatile" }),
  "alert.raised": event(Alert, { from: "both", delivery: "durable" }),
  "airport.stats": request({
    input: v.object({ airport: AirportCode }),
    output: AirportStats,
    errors: { UnknownAirport: v.object({ airport: v.string() }) },
  }),
  "airspace.snapshot": request({
    input: v.object({}),
    output: v.object({ positions: v.array(Position), replay: Replay }),
  }),
  "replay.control": request({
    input: v.object({ speed: v.optional(Speed), paused: v.optional(v.boolean()) }),
    output: Replay,
  }),
});

/** Every message of the flights app, shared by the hub and the page. */
export interface Airspace extends Named<typeof contract> {}
export const airspace: Airspace = contract;
