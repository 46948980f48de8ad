import type { ClientBus } from "@eventwire/socket.io-client";
import * as v from "valibot";
import { type Credentials, Name, type Parcels } from "../contract.js";
import { connectAs } from "./connect-as.js";
import { findElement, writeText } from "./elements.js";

/** Somebody who has signed in. */
export interface SignedIn {
  readonly name: string;
  readonly bus: ClientBus<Parcels>;
}

/** Asks for a name, once a tab, and goes on when the hub takes it. */
export function signIn(role: Credentials["role"], begin: (signedIn: SignedIn) => void): void {
  const form = findElement("sign-in", HTMLFormElement);
  const input = findElement("name", HTMLInputElement);
  const message = findElement("sign-in-message", HTMLElement);
  const key = `eventwire-parcels-${role}`;

  const enter = (name: string) => {
    const bus = connectAs({ role, name });
    sessionStorage.setItem(key, name);
    form.hidden = true;
    findElement("signed-in", HTMLElement).hidden = false;
    writeText(findElement("who", HTMLElement), name);
    const watching = bus.connection.watch(({ state }) => {
      if (state !== "closed") return;
      watching();
      sessionStorage.removeItem(key);
      form.hidden = false;
      findElement("signed-in", HTMLElement).hidden = true;
      writeText(message, `${name} is a name of the service itself. Choose another.`);
    });
    begin({ name, bus });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { success, output } = v.safeParse(Name, input.value.trim().toLowerCase());
    writeText(message, success ? "" : "A name is 2 to 24 letters and digits, such as ann.");
    if (success) enter(output);
  });
  findElement("leave", HTMLButtonElement).addEventListener("click", () => {
    sessionStorage.removeItem(key);
    location.reload();
  });
  const before = sessionStorage.getItem(key);
  if (before !== null) enter(before);
}
