/** What a stage may name, as the tables of `trainers/` list it. */
export const LOSSES = ["grpo"];
export const ADVANTAGES = ["group_mean"];
