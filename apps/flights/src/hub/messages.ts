import type * as contract from "../contract.js";
import type { Aircraft } from "../replay/aircraft.js";
import type { AirportTraffic } from "../replay/airport-traffic.js";

/** The id of a flight on the wire: its row in the file. */
const flightId = ({ flight }: Aircraft): string => String(flight.row);

const ends = ({ flight }: Aircraft) => ({ origin: flight.origin.code, destination: flight.destination.code });

const times = ({ flight: { departedAt, arrivesAt } }: Aircraft) => ({ departedAt, arrivesAt });

/** Four decimals of a degree are 11 metres, finer than any screen: the rest would only be bytes. */
const degrees = (value: number): number => Math.round(value * 10_000) / 10_000;

export function departureOf(aircraft: Aircraft, number: number): contract.Departure {
  const { delay, distance } = aircraft.flight;
  return { number, flight: flightId(aircraft), ...ends(aircraft), ...times(aircraft), delay, distance };
}

export function arrivalOf(aircraft: Aircraft, number: number): contract.Arrival {
  const { arrivesAt: arrivedAt, delay } = aircraft.flight;
  return { number, flight: flightId(aircraft), ...ends(aircraft), arrivedAt, delay };
}

export function positionOf(aircraft: Aircraft, at: number): contract.Position {
  const { latitude, longitude, heading } = aircraft.at(at);
  return {
    flight: flightId(aircraft),
    latitude: degrees(latitude),
    longitude: degrees(longitude),
    heading: Math.round(heading) % 360,
    ...ends(aircraft),
    ...times(aircraft),
    delay: aircraft.flight.delay,
    at: Math.round(at),
  };
}

/** The movement at the airport that an aircraft leaves or reaches. */
export function movementOf(aircraft: Aircraft, kind: contract.Movement["kind"]): contract.Movement {
  const { origin, destination } = ends(aircraft);
  const { departedAt, arrivesAt, delay } = aircraft.flight;
  const movement = { kind, flight: flightId(aircraft), delay };
  return kind === "departure"
    ? { ...movement, airport: origin, other: destination, at: departedAt }
    : { ...movement, airport: destination, other: origin, at: arrivesAt };
}

export function statsOf(airport: string, traffic: AirportTraffic | undefined): contract.AirportStats {
  return {
    airport,
    departures: traffic?.departures ?? 0,
    arrivals: traffic?.arrivals ?? 0,
    inbound: traffic?.inbound ?? 0,
    meanDelay: traffic?.meanDelay ?? 0,
    busiest: traffic?.busiest(5) ?? [],
  };
}
