import { findElement } from "../elements.js";
import type { ThemeChoice } from "../theme.js";

/** The button that changes between light and dark. */
export function startThemeToggle(theme: ThemeChoice): void {
  const button = findElement("theme", HTMLButtonElement);
  theme.changes.subscribe((current) => {
    button.setAttribute("aria-label", current === "dark" ? "Use the light theme" : "Use the dark theme");
  });
  button.addEventListener("click", () => theme.toggle());
}
