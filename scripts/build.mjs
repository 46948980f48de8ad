// `npm run build -- [filter...]`
import { build } from "./turbo.mjs";

await build(process.argv.slice(2));
