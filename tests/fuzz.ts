const asked = process.env.VLRL_FUZZ === undefined ? null : Number(process.env.VLRL_FUZZ);

/** How many completions a fuzz test tries: as many as it usually does, or what VLRL_FUZZ says, for a long run by hand. */
export const fuzzRounds = (usual: number): number => asked ?? usual;

/** As `fuzzRounds`, for what takes milliseconds each in a thread or a process of its own: a fiftieth of what VLRL_FUZZ says. */
export const slowFuzzRounds = (usual: number): number => (asked === null ? usual : Math.ceil(asked / 50));

/** Time for one test, ms; undefined leaves it to the configuration. */
export const FUZZ_TIMEOUT_MS = asked === null ? undefined : 3_600_000;
