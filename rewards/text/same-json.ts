import { isObject } from "./json-text.ts";

type SameNumber = (wanted: number, given: number) => boolean;

/** Whether two JSON values are one: keys in any order, lists in theirs, numbers within a relative tolerance of the wanted one, or as a rule says. */
export function sameJson(wanted: unknown, given: unknown, tolerance: number | SameNumber = 0): boolean {
  if (typeof wanted === "number" && typeof given === "number") {
    if (typeof tolerance === "function") return tolerance(wanted, given);
    return wanted === given || Math.abs(wanted - given) <= tolerance * Math.abs(wanted);
  }
  if (Array.isArray(wanted)) {
    return Array.isArray(given) && wanted.length === given.length && wanted.every((item, i) => sameJson(item, given[i], tolerance));
  }
  if (!isObject(wanted)) return wanted === given;
  if (!isObject(given)) return false;
  const keys = Object.keys(wanted);
  return (
    keys.length === Object.keys(given).length &&
    keys.every((key) => Object.hasOwn(given, key) && sameJson(wanted[key], given[key], tolerance))
  );
}
