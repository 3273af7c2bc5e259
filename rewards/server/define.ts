import type { z } from "zod";
import type { Answered, Asked } from "./scoring.ts";

export interface RouteOptions {
  /** the field that a trainer's label or ground truth is put under, where it is not an object of fields itself */
  labelField: string;
}

/** What one trainer sends and wants to hear. */
export interface Route<Body = unknown> {
  /** of the trainer, and of its path */
  name: string;
  /** whose protocol this is: trainer and version */
  speaks: string;
  body: z.ZodType<Body>;
  /** the completions of a request */
  asked(body: Body, options: RouteOptions): Asked[];
  /** whether completions of one prompt come together, as rewards that look at groups need */
  groups: boolean;
  /** whether an answer may say of a single completion that it has no reward; without that the request fails */
  skips: boolean;
  /** the body of the answer; a null reward only where `skips` */
  reply(answers: readonly Answered[]): unknown;
}

export function defineRoute<Body>(route: Route<Body>): Route<Body> {
  return route;
}

/**
 * A label as fields: an object, or the text of one, gives its entries; anything else is the target under the label's field. Numbers stay
 * numbers and texts stay texts.
 */
export function labelFields(label: unknown, labelField: string): Record<string, unknown> {
  const object = objectOf(label);
  return object ?? { [labelField]: label };
}

function objectOf(label: unknown): Record<string, unknown> | null {
  if (typeof label === "string") {
    if (!label.trimStart().startsWith("{")) return null;
    try {
      return objectOf(JSON.parse(label));
    } catch {
      return null;
    }
  }
  return typeof label === "object" && label !== null && !Array.isArray(label) ? { ...label } : null;
}
