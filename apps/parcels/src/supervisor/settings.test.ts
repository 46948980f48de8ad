import { join } from "node:path";
import { expect, test } from "vitest";
import { readSettings, SettingsError } from "./settings.js";

const defaults = {
  host: "127.0.0.1",
  port: 4_300,
  data: join("d", "4300"),
  vendors: 3,
  drivers: 4,
  speed: 1,
};

test("the settings have defaults that nobody else on the network can reach", () => {
  expect(readSettings({}, "d")).toEqual(defaults);
  expect(readSettings({ HOST: "", PORT: " ", DATA: " " }, "d")).toEqual(defaults);
});

test("the settings come from the environment", () => {
  const environment = { HOST: "0.0.0.0", PORT: "81", DATA: "/p", VENDORS: "0", DRIVERS: "8", SPEED: "9" };
  const settings = { host: "0.0.0.0", port: 81, data: "/p", vendors: 0, drivers: 8, speed: 9 };
  expect(readSettings(environment, "d")).toEqual(settings);
});

test.each([{ PORT: "http" }, { PORT: "65536" }, { DRIVERS: "9" }, { VENDORS: "-1" }, { SPEED: "0" }])(
  "settings are refused by name when they make no sense: %o",
  (environment) => {
    expect(() => readSettings(environment, "d")).toThrow(SettingsError);
    expect(() => readSettings(environment, "d")).toThrow(Object.keys(environment)[0]);
  },
);
