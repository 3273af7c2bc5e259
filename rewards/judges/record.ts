import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { type Problem, RecipeError } from "../../core/errors.ts";
import type { Judge, JudgeQuestion } from "./define.ts";

const Line = z.object({ judge: z.string().optional(), question: z.string(), sample: z.int().min(0).default(0), answer: z.string() });

/** A judge as a record knows it. */
export function judgeKey({ identity }: Judge): string {
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
}

/** A question as a record knows it: a digest of its text and pictures. */
export function questionKey({ prompt, pictures = [] }: JudgeQuestion): string {
  const hash = createHash("sha256").update(prompt);
  for (const { width, height, data } of pictures) hash.update(`${width}x${height}`).update(data);
  return hash.digest("hex");
}

/** Answers by question and sample, of one judge or of whoever gave them. */
export class Record {
  private readonly answers = new Map<string, string>();
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: string | null,
    private readonly judge: string | null,
  ) {}

  /**
   * Reads a JSONL file of { judge, question, sample, answer }, those of `judge` alone where one is given; a file that is not there is empty. A last line that was cut off, as a killed run leaves
   * it, is left out.
   * Throws RecipeError with the lines that are not answers.
   */
  static async open(
    file: string | null,
    { judge = null, mustExist = false }: { judge?: string | null; mustExist?: boolean } = {},
  ): Promise<Record> {
    const record = new Record(file, judge);
    if (file === null) return record;
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && !mustExist) return "";
      throw new RecipeError({ place: { file }, message: `can't be read: ${error.code}`, cure: "It is the record of a judge's answers." });
    });
    const lines = text.split("\n");
    const cutOff = lines.pop();
    const problems: Problem[] = [];
    for (const [i, line] of lines.entries()) {
      if (line.trim() === "") continue;
      const parsed = Line.safeParse(jsonOf(line));
      if (parsed.success) record.keep(parsed.data);
      else problems.push({ place: { file, line: i + 1 }, message: "expected { question, sample, answer }" });
    }
    if (problems.length > 0) throw new RecipeError(problems);
    if (cutOff !== undefined && cutOff !== "") await record.append("\n");
    return record;
  }

  private keep({ judge, question, sample, answer }: z.infer<typeof Line>): void {
    if (this.judge === null || judge === this.judge) this.answers.set(`${question}:${sample}`, answer);
  }

  get(question: string, sample: number): string | undefined {
    return this.answers.get(`${question}:${sample}`);
  }

  /** Adds an answer, a line at a time. */
  async add(question: string, sample: number, answer: string): Promise<void> {
    this.answers.set(`${question}:${sample}`, answer);
    await this.append(`${JSON.stringify({ judge: this.judge ?? undefined, question, sample, answer })}\n`);
  }

  private append(text: string): Promise<void> {
    const { file } = this;
    if (file === null) return Promise.resolve();
    this.writing = this.writing.then(async () => {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, text);
    });
    return this.writing;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
