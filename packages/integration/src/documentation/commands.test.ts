import { expect, it } from "vitest";
import { commandFaults } from "./commands.js";

it("accepts the scripts and packages that the project has", () => {
  const code =
    "npm ci && npm start # the app\n$ npm run bench -- emit\nnpm install @eventwire/core zod --save-exact\n";
  expect(commandFaults(code)).toEqual([]);
});

it("names scripts and packages that do not exist", () => {
  expect(commandFaults("npm run absent\nnpm install @eventwire/absent\n")).toEqual([
    'there is no script "absent"',
    'there is no package "@eventwire/absent"',
  ]);
});
