import type { Observable } from "rxjs";
import { findElement } from "../elements.js";
import type { PictureState } from "../picture.js";

/** Says on the map that the picture is still loading, or could not be loaded. */
export function startPictureNotice(states: Observable<PictureState>): void {
  const notice = findElement("picture-notice", HTMLElement);
  const text = findElement("picture-text", HTMLElement);
  const retry = findElement("picture-retry", HTMLButtonElement);
  states.subscribe((state) => {
    document.documentElement.dataset.picture = state;
    notice.hidden = state === "ready";
    retry.hidden = state !== "failed";
    text.textContent =
      state === "failed" ? "The hub did not send the flights in the air." : "Loading the flights in the air…";
  });
  retry.addEventListener("click", () => location.reload());
}
