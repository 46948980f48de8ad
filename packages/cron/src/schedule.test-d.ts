import { createBus, defineContract, event, type Subscription, task, unchecked } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import { schedule } from "./schedule.js";

const contract = defineContract({
  "report.daily": task(unchecked<{ readonly day: string }>()),
  "cache.sweep": task(unchecked<{ readonly all?: boolean }>()),
  "report.made": event<{ readonly day: string }>(),
});
const bus = createBus(contract);
const cron = "0 6 * * *";

it("takes the data of the task, or a function that gives it", () => {
  expectTypeOf(schedule(bus, "report.daily", { cron }, { day: "today" })).toEqualTypeOf<Subscription>();
  schedule(bus, "report.daily", { cron, missed: "all" }, (time) => {
    expectTypeOf(time).toEqualTypeOf<Date>();
    return { day: time.toISOString() };
  });
  schedule(bus, "cache.sweep", { cron, id: "nightly" }, {});
});

it("refuses other data, other names, and other options", () => {
  // @ts-expect-error the data of another task
  schedule(bus, "report.daily", { cron }, { all: true });
  // @ts-expect-error a function that gives the data of another task
  schedule(bus, "report.daily", { cron }, () => ({ all: true }));
  // @ts-expect-error an event
  schedule(bus, "report.made", { cron }, { day: "today" });
  // @ts-expect-error a name that there is not
  schedule(bus, "report.hourly", { cron }, { day: "today" });
  // @ts-expect-error no expression
  schedule(bus, "report.daily", {}, { day: "today" });
  // @ts-expect-error another word
  schedule(bus, "report.daily", { cron, missed: "none" }, { day: "today" });
});
