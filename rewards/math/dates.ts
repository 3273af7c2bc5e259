const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const NAME = "(jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}";
const MONTH_FIRST = new RegExp(`^${NAME} ([0-9]{1,2})(?: ([0-9]{4}))?$`);
const DAY_FIRST = new RegExp(`^([0-9]{1,2}) (?:of )?${NAME}(?: ([0-9]{4}))?$`);

/** `March 15, 2021` and `15th of March 2021` as one spelling; null for what is no date. `words` has no punctuation and no ordinals. */
export function date(words: string): string | null {
  const lower = words.toLowerCase().replace(/(?<=[0-9])(?:st|nd|rd|th)(?![a-z])/g, "");
  const [first, second] = [MONTH_FIRST.exec(lower), DAY_FIRST.exec(lower)];
  const [month, day, year] = first !== null ? [first[1], first[2], first[3]] : [second?.[2], second?.[1], second?.[3]];
  if (month === undefined || day === undefined) return null;
  return `${year ?? ""}-${MONTHS.indexOf(month.slice(0, 3)) + 1}-${Number(day)}`;
}
