import { defineContract, event, type Named, request } from "@eventwire/core";
import { z } from "zod";

const Order = z.object({ id: z.string(), total: z.number() });

const contract = defineContract({
  "order.placed": event(Order, { key: (order) => order.id }),
  "order.total": request({
    input: z.object({ id: z.string() }),
    output: z.number(),
    errors: { UnknownOrder: z.object({ id: z.string() }) },
  }),
});

export interface Shop extends Named<typeof contract> {}
export const shop: Shop = contract;
