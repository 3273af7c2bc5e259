/** A place in a file, counted from 1. */
export interface Place {
  file: string;
  line?: number;
  column?: number;
}

/** One thing that the reader can put right: where it is, what is wrong, and the cure. */
export interface Problem {
  place: Place;
  /** dotted path of the field or the id of the row, where there is one */
  field?: string;
  message: string;
  cure?: string;
  /** what is written could go to another place; by which option, whoever asked for it says (`advising` of core/atomic.ts) */
  elsewhere?: true;
}

function placeText({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** `file:line:column: field: message` and, indented below it, the cure. */
export function problemText({ place, field, message, cure }: Problem): string {
  const head = [placeText(place), field, message].filter((part) => part !== undefined && part !== "").join(": ");
  return cure === undefined ? head : `${head}\n  ${cure}`;
}

/** Mistakes in what a user gave us. The command line prints all of them without a stack and ends with exit code 2. */
export class UserError extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem | Problem[]) {
    const list = Array.isArray(problems) ? problems : [problems];
    super(list.map(problemText).join("\n"));
    this.name = new.target.name;
    this.problems = list;
  }
}

/** What the work gives, or null where it finds fault with what a user gave us: its problems join the list, and others can be looked for. */
export async function noting<T>(problems: Problem[], work: () => T | Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

/** A recipe that can't be run as written. */
export class RecipeError extends UserError {}

/** A dataset, picture or rollout file that can't be read as it is. */
export class DataError extends UserError {}

/** A checkpoint or model folder that can't be loaded or written. */
export class CheckpointError extends UserError {}
