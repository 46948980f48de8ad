import { maxShapeKeys, maxShapeName, maxShapeNames, maxShapes, type Shape } from "./binary-types.js";

/** Which numbers a table gives out. */
export interface ShapeRange {
  readonly first: number;
  readonly count: number;
  /** How many of them the objects of one message get, so that whoever may choose its property names takes none from the others. */
  readonly each: number;
}

/** Of what is encoded for any number of peers, and of what only one of them gets: both have different numbers. */
export const sharedShapes: ShapeRange = { first: 0, count: 192, each: 32 };
export const ownShapes: ShapeRange = { first: 192, count: maxShapes - 192, each: maxShapes - 192 };

/** What there may be for each number: steps that are remembered of objects whose shape was seen once, and letters of names. */
const stepsEach = 16;
const lettersEach = maxShapeNames / maxShapes;

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

/** How many numbers were given, and how long the names of their shapes are together. */
interface Given {
  count: number;
  letters: number;
}

/**
 * The shapes of the objects that one side sends, numbered as they come. An object whose property names came before is sent
 * as its values, and the names are told once. What comes once only, as objects with ids for names do, gets no number.
 */
export class ShapeTable {
  readonly #range: ShapeRange;
  readonly #shapes: Shape[] = [];
  #first = new Step(0);
  #steps = 0;
  /** To the objects of each message. */
  readonly #given = new Map<string, Given>();
  readonly #givenToAll: Given = { count: 0, letters: 0 };
  readonly #made = () => {
    this.#steps += 1;
  };

  constructor(range: ShapeRange) {
    this.#range = range;
  }

  /** The names of the shape of this number; `undefined` where it was not given. */
  names(number: number): Shape | undefined {
    return this.#shapes[number - this.#range.first];
  }

  /**
   * The number of an object's shape, -1 where it has none.
   *
   * @param name the message that it is in.
   */
  of(object: Readonly<Record<string, unknown>>, name: string): number {
    let step = this.#first;
    for (const key in object) {
      if (object[key] === undefined) continue;
      if (key === "__proto__" || step.size === maxShapeKeys || !Object.hasOwn(object, key)) return -1;
      if (key.length > maxShapeName) return -1;
      step = step.next(key, this.#made);
    }
    if (step.shape >= 0) return step.shape;
    if (step.seen) this.#number(step, object, name);
    step.seen = true;
    if (this.#steps > this.#range.count * stepsEach) this.#forget();
    return step.shape;
  }

  #number(step: Step, object: Readonly<Record<string, unknown>>, name: string): void {
    const { first, count, each } = this.#range;
    const shape = Object.keys(object).filter((key) => object[key] !== undefined);
    const letters = shape.reduce((sum, key) => sum + key.length, 0);
    const given = this.#given.get(name) ?? { count: 0, letters: 0 };
    if (!hasRoom(given, each, letters) || !hasRoom(this.#givenToAll, count, letters)) return;
    this.#given.set(name, given);
    for (const counted of [given, this.#givenToAll]) {
      counted.count += 1;
      counted.letters += letters;
    }
    step.shape = first + this.#shapes.push(shape) - 1;
  }

  /** Those with a number stay, and are walked anew. */
  #forget(): void {
    this.#first = new Step(0);
    this.#steps = 0;
    for (const [index, shape] of this.#shapes.entries()) {
      let step = this.#first;
      for (const key of shape) step = step.next(key, this.#made);
      step.shape = this.#range.first + index;
    }
  }
}

function hasRoom(given: Given, count: number, letters: number): boolean {
  return given.count < count && given.letters + letters <= count * lettersEach;
}
