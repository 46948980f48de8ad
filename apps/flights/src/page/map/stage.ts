import { BehaviorSubject, type Observable } from "rxjs";
import { MAP, type Point } from "../atlas/projection.js";

/** How map units become pixels of the screen. */
export interface View {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** CSS pixels a map unit, and where the map's corner lies. */
  readonly scale: number;
  readonly left: number;
  readonly top: number;
  /** Device pixels a CSS pixel. */
  readonly ratio: number;
}

const MARGIN = 10;

/** Follows an element's size and the screen's pixel ratio, and fits the map into it. */
export function observeView(element: HTMLElement): Observable<View> {
  const measure = (): View => {
    const { clientWidth: width, clientHeight: height } = element;
    const scale = Math.max(
      0.05,
      Math.min((width - 2 * MARGIN) / MAP.width, (height - 2 * MARGIN) / MAP.height),
    );
    return {
      width,
      height,
      scale,
      left: (width - MAP.width * scale) / 2,
      top: (height - MAP.height * scale) / 2,
      ratio: Math.min(3, devicePixelRatio),
    };
  };
  const views = new BehaviorSubject(measure());
  new ResizeObserver(() => views.next(measure())).observe(element);
  const watchRatio = (): void => {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
      "change",
      () => {
        views.next(measure());
        watchRatio();
      },
      { once: true },
    );
  };
  watchRatio();
  return views;
}

/** Gives a canvas as many pixels as the screen has for it, and its context in device pixels. */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  { width, height, ratio }: View,
): CanvasRenderingContext2D {
  const across = Math.round(width * ratio);
  const down = Math.round(height * ratio);
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser draws no canvas, which the map needs");
  return context;
}

/** Scales a context so that it takes map units. */
export function useMapUnits(context: CanvasRenderingContext2D, { scale, left, top, ratio }: View): void {
  context.setTransform(scale * ratio, 0, 0, scale * ratio, left * ratio, top * ratio);
}

/** Where a point of the map is in the stage, in CSS pixels. */
export const toScreen = ({ scale, left, top }: View, [x, y]: Point): Point => [
  left + x * scale,
  top + y * scale,
];
