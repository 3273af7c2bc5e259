import { closePython, inPython, type PythonSession } from "../rewards/sandbox/python-pool.ts";

/** For tests: one session that many programs take their turns in, since a new interpreter for each takes a while on a machine that is busy. */
export async function holdSession(): Promise<{ session: PythonSession; close: () => Promise<void> }> {
  let done: Promise<void> | undefined;
  return new Promise((entered, failed) => {
    done = inPython((session) => {
      return new Promise<void>((leave) => {
        entered({
          session,
          async close() {
            leave();
            await done;
            await closePython();
          },
        });
      });
    });
    done.catch(failed);
  });
}
