import { maxShapeKeys, maxShapeName, maxShapeNames, maxShapes, type Shape } from "./binary-types.js";

/** How many steps are remembered of objects whose shape was seen only once. */
const maxSteps = 4_096;

/** The way to a shape: a step for each property, as an object with these properties would be walked. */
class Step {
  readonly size: number;
  /** The number of the shape that ends here; -1 where none does. */
  shape = -1;
  seen = false;
  #lastKey: string | undefined;
  #last: Step | undefined;
  #steps: Map<string, Step> | undefined;

  constructor(size: number) {
    this.size = size;
  }

  /** Most objects go the way that the last one went. */
  next(key: string, made: () => void): Step {
    if (this.#lastKey === key) return this.#last!;
    let step = this.#steps?.get(key);
    if (!step) {
      step = new Step(this.size + 1);
      this.#steps ??= new Map();
      this.#steps.set(key, step);
      made();
    }
    this.#lastKey = key;
    this.#last = step;
    return step;
  }
}

/**
 * The shapes of the objects that one side sends, numbered as they come. An object whose property names came before is sent
 * as its values, and the names are told once. What comes once only, as objects with ids for names do, gets no number.
 */
export class ShapeTable {
  readonly shapes: Shape[] = [];
  #first = new Step(0);
  #steps = 0;
  /** How long the names of all shapes are together. */
  #names = 0;
  readonly #made = () => {
    this.#steps += 1;
  };

  /** The number of an object's shape, -1 where it has none. */
  of(object: Readonly<Record<string, unknown>>): number {
    let step = this.#first;
    for (const key in object) {
      if (object[key] === undefined) continue;
      if (key === "__proto__" || step.size === maxShapeKeys || !Object.hasOwn(object, key)) return -1;
      if (key.length > maxShapeName) return -1;
      step = step.next(key, this.#made);
    }
    if (step.shape >= 0) return step.shape;
    if (step.seen && this.shapes.length < maxShapes) this.#number(step, object);
    step.seen = true;
    if (this.#steps > maxSteps) this.#forget();
    return step.shape;
  }

  #number(step: Step, object: Readonly<Record<string, unknown>>): void {
    const shape = Object.keys(object).filter((key) => object[key] !== undefined);
    const names = shape.reduce((sum, key) => sum + key.length, 0);
    if (this.#names + names > maxShapeNames) return;
    this.#names += names;
    step.shape = this.shapes.push(shape) - 1;
  }

  /** Those with a number stay, and are walked anew. */
  #forget(): void {
    this.#first = new Step(0);
    this.#steps = 0;
    for (const [number, shape] of this.shapes.entries()) {
      let step = this.#first;
      for (const key of shape) step = step.next(key, this.#made);
      step.shape = number;
    }
  }
}
