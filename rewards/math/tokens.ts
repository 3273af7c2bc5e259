import { NotMathError } from "./node.ts";

export interface Token {
  kind: "number" | "symbol" | "function" | "command" | "sign" | "text";
  value: string;
}

export const FUNCTIONS = new Set(
  "arcsin arccos arctan arccot sinh cosh tanh asin acos atan sin cos tan cot sec csc cis log ln lg exp sqrt abs floor ceil max min gcd lcm frac binom".split(
    " ",
  ),
);
const BY_LENGTH = [...FUNCTIONS].sort((a, b) => b.length - a.length);

const GREEK = new Set(
  "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega pi".split(
    " ",
  ),
);
const INFINITE = new Set(["infty", "infinity", "inf", "oo"]);

const TOKEN =
  /\s+|([0-9]+(?:\.[0-9]*)?(?:\\(?:overline|bar|dot)\s?\{?[0-9]+\}?)?|\.[0-9]+)|\\(?:text|textbf|textit|textnormal|textrm|mathrm|mbox|operatorname)\s?\{([^{}]*)\}|\\(begin|end)\s?\{([a-z]*)\}|\\([A-Za-z]+|[{}|\\])|([A-Za-z]+)|([-+*/^_=<>!,;:|&%()[\]{}°'])|([\s\S])/gy;

/** Linear. Throws NotMathError for a sign or a word that mathematics has no use for. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const add = (kind: Token["kind"], value: string) => tokens.push({ kind, value });
  for (const match of text.matchAll(TOKEN)) {
    const [, digits, quoted, edge, environment, command, letters, sign, other] = match;
    if (digits !== undefined) add("number", digits);
    else if (quoted !== undefined) word(quoted.trim(), add);
    else if (edge !== undefined) add("command", `${edge} ${environment}`);
    else if (command !== undefined) name(command, add);
    else if (letters !== undefined) run(letters, add);
    else if (sign !== undefined) add("sign", sign);
    else if (other !== undefined) throw new NotMathError(`no use for ${other}`);
  }
  return tokens;
}

type Add = (kind: Token["kind"], value: string) => void;

function name(command: string, add: Add): void {
  if (FUNCTIONS.has(command)) add("function", command);
  else if (GREEK.has(command)) add("symbol", command.replace(/^var/, ""));
  else if (command === "hbar" || command === "ell") add("symbol", command);
  else if (INFINITE.has(command)) add("symbol", "infinity");
  else if (command === "{" || command === "}") add("sign", `\\${command}`);
  else add("command", command);
}

/** Letters in text: a lone one is a symbol, `sin` a function; anything else is a text. */
function word(text: string, add: Add): void {
  if (/^[A-Za-z]$/.test(text)) add("symbol", text);
  else if (FUNCTIONS.has(text)) add("function", text);
  else add("text", text);
}

/** Letters without a backslash: `sin`, `pi`, `or`, `sinx`, or a product of up to three symbols; a longer word is none. */
function run(letters: string, add: Add): void {
  const known = BY_LENGTH.find((one) => letters.startsWith(one));
  if (letters === "or" || letters === "and") add("sign", ",");
  else if (GREEK.has(letters)) add("symbol", letters);
  else if (INFINITE.has(letters)) add("symbol", "infinity");
  else if (letters === "in") add("command", "in");
  else if (known !== undefined) {
    add("function", known);
    if (letters.length > known.length) run(letters.slice(known.length), add);
  } else if (letters.length > 3) throw new NotMathError(`${letters} is a word`);
  else for (const letter of letters) add("symbol", letter);
}
