const LEAST = 1;
const MOST = 3_600;

/** Steps of the slider from the slowest to the fastest. */
export const SPEED_STEPS = 200;

/** The speed at a step of the slider: logarithmic, rounded to two digits, 1 to 3,600. */
export function speedAt(step: number): number {
  const speed = LEAST * (MOST / LEAST) ** (step / SPEED_STEPS);
  const digit = 10 ** Math.max(0, Math.floor(Math.log10(speed)) - 1);
  return Math.min(MOST, Math.round(speed / digit) * digit);
}

/** The step of the slider nearest to a speed. */
export function stepOf(speed: number): number {
  return Math.round((Math.log(speed / LEAST) / Math.log(MOST / LEAST)) * SPEED_STEPS);
}
