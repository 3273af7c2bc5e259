import { registry } from "../../core/registry.ts";
import type { Route } from "./define.ts";
import { openrlhf } from "./openrlhf.ts";
import { slime } from "./slime.ts";
import { trl } from "./trl.ts";
import { verl } from "./verl.ts";

/** Every trainer that the reward server answers. A new one is a file and a line here. */
export const routes = registry<Route>("route", [openrlhf, slime, verl, trl] as Route[]);
