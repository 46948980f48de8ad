import { BehaviorSubject, type Observable } from "rxjs";

/** How the page is lit. */
export type Theme = "light" | "dark";

const KEY = "eventwire-flights-theme";

/** The theme in force: the system's until the reader chooses one, which is then remembered. */
export class ThemeChoice {
  readonly #system = matchMedia("(prefers-color-scheme: dark)");
  readonly #theme: BehaviorSubject<Theme>;

  constructor() {
    this.#theme = new BehaviorSubject(this.#chosen() ?? this.#preferred());
    document.documentElement.dataset.theme = this.current;
    this.#system.addEventListener("change", () => {
      if (this.#chosen() === undefined) this.#set(this.#preferred());
    });
  }

  /** The theme now, and each change. */
  get changes(): Observable<Theme> {
    return this.#theme;
  }

  get current(): Theme {
    return this.#theme.value;
  }

  /** Changes to the other theme and remembers it. */
  toggle(): void {
    const theme = this.current === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, theme);
    this.#set(theme);
  }

  #set(theme: Theme): void {
    document.documentElement.dataset.theme = theme;
    this.#theme.next(theme);
  }

  #preferred(): Theme {
    return this.#system.matches ? "dark" : "light";
  }

  #chosen(): Theme | undefined {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : undefined;
  }
}
