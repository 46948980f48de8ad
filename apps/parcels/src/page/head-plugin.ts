import type { HtmlTagDescriptor, Plugin } from "vite";

const meta = (attrs: Record<string, string>): HtmlTagDescriptor => ({ tag: "meta", attrs });

/** What the heads of all pages have in common. */
const head: HtmlTagDescriptor[] = [
  meta({ charset: "utf-8" }),
  meta({ name: "viewport", content: "width=device-width, initial-scale=1" }),
  meta({ name: "color-scheme", content: "light dark" }),
  { tag: "link", attrs: { rel: "icon", href: "./icon.svg", type: "image/svg+xml" } },
];

/** Gives each page its head's share of what all have. */
export function headPlugin(): Plugin {
  // Before the files that are named here are looked for.
  return { name: "parcels-head", transformIndexHtml: { order: "pre", handler: () => head } };
}
