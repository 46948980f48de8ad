/** A place on the globe, in degrees north and east. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** A place on the way, and the course there in degrees clockwise from north, from 0 to below 360. */
export interface Waypoint extends Place {
  readonly heading: number;
}

type Vector = readonly [x: number, y: number, z: number];

const DEGREE = Math.PI / 180;
const NORTH_POLE: Vector = [0, 0, 1];
const GREENWICH: Vector = [1, 0, 0];

/**
 * The shortest way between two places on a sphere.
 *
 * Kept as two perpendicular unit vectors, the start and the direction of leaving it, so that a waypoint
 * costs one sine and one cosine and no special case near the start, the end or the poles.
 *
 * @example new GreatCircle(newYork, losAngeles).at(0.5) // { latitude: 39.5, longitude: -97.2, heading: 268 }
 */
export class GreatCircle {
  /** How far apart the two places are, seen from the centre of the globe, in radians. */
  readonly angle: number;
  readonly #from: Vector;
  readonly #direction: Vector;

  constructor(from: Place, to: Place) {
    this.#from = toVector(from);
    const end = toVector(to);
    const along = dot(this.#from, end);
    const aside = perpendicular(end, this.#from);
    this.angle = Math.atan2(Math.hypot(...aside), along);
    this.#direction = unit(aside) ?? anyDirection(this.#from);
  }

  /** The waypoint after a fraction of the way: 0 is the start, 1 the end. */
  at(fraction: number): Waypoint {
    const sine = Math.sin(fraction * this.angle);
    const cosine = Math.cos(fraction * this.angle);
    const [x, y, z] = combine(cosine, this.#from, sine, this.#direction);
    const course = combine(-sine, this.#from, cosine, this.#direction);
    const longitude = Math.atan2(y, x);
    const radius = Math.hypot(x, y);
    const east = course[1] * Math.cos(longitude) - course[0] * Math.sin(longitude);
    const north =
      course[2] * radius - z * (course[0] * Math.cos(longitude) + course[1] * Math.sin(longitude));
    return {
      latitude: Math.atan2(z, radius) / DEGREE,
      longitude: longitude / DEGREE,
      heading: (Math.atan2(east, north) / DEGREE + 360) % 360,
    };
  }
}

function toVector({ latitude, longitude }: Place): Vector {
  const radius = Math.cos(latitude * DEGREE);
  return [
    radius * Math.cos(longitude * DEGREE),
    radius * Math.sin(longitude * DEGREE),
    Math.sin(latitude * DEGREE),
  ];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function combine(m: number, a: Vector, n: number, b: Vector): Vector {
  return [m * a[0] + n * b[0], m * a[1] + n * b[1], m * a[2] + n * b[2]];
}

/** The part of a vector that is perpendicular to a unit vector. */
function perpendicular(vector: Vector, to: Vector): Vector {
  return combine(1, vector, -dot(vector, to), to);
}

function unit(vector: Vector): Vector | undefined {
  const length = Math.hypot(...vector);
  return length < 1e-12 ? undefined : [vector[0] / length, vector[1] / length, vector[2] / length];
}

/** A direction to leave a place in when every one is as good: the two places are one, or opposite. */
function anyDirection(from: Vector): Vector {
  return unit(perpendicular(NORTH_POLE, from)) ?? GREENWICH;
}
