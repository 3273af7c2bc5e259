import { nearest } from "./nearest.ts";

export interface Registry<T extends { name: string }> {
  /** What kind of thing is listed, in the singular: "reward". */
  kind: string;
  names: string[];
  entries: T[];
  /** The entry of that name; an unknown name is an error that offers the nearest known one. */
  get(name: string): T;
  has(name: string): boolean;
}

/** A table of named things. Two entries of one name are a bug and throw when the module loads. */
export function registry<T extends { name: string }>(kind: string, entries: T[]): Registry<T> {
  const table = new Map<string, T>();
  for (const entry of entries) {
    if (table.has(entry.name)) throw new Error(`two entries named "${entry.name}" in the ${kind} table`);
    table.set(entry.name, entry);
  }
  const names = [...table.keys()];
  return {
    kind,
    names,
    entries,
    has: (name) => table.has(name),
    get(name) {
      const entry = table.get(name);
      if (entry === undefined) throw new Error(unknownName(kind, name, names));
      return entry;
    },
  };
}

/** `no reward is called "box_uio"; did you mean "box_iou"?` */
export function unknownName(kind: string, name: string, names: string[]): string {
  const near = nearest(name, names);
  const hint = near === null ? `known: ${names.join(", ")}` : `did you mean "${near}"?`;
  return `no ${kind} is called "${name}"; ${hint}`;
}
