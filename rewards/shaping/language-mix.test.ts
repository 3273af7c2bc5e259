import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { languageMix } from "./language-mix.ts";

const score = (completion: string) =>
  languageMix.score(rewardInput({ completion, target: undefined, options: languageMix.options!.parse({}) }));
const chinese = (n: number) => "中".repeat(n);
const english = (n: number) => Array(n).fill("word,").join(" ");

test.each([
  ["both", `${chinese(50)}\n\n${english(200)}`, 0],
  ["both, the other way round", `${english(200)}\n \n${chinese(50)}`, 0],
  ["too little Chinese", `${chinese(49)}\n\n${english(200)}`, 1],
  ["too little English", `${chinese(50)}\n\n${english(199)}`, 1],
  ["Chinese that is 50 of 63 characters, under 0.8", `${chinese(50)}${"1".repeat(13)}\n\n${english(200)}`, 1],
  ["Chinese that is 50 of 62 characters, over 0.8", `${chinese(50)}${"1".repeat(12)}\n\n${english(200)}`, 0],
  ["English that is 200 of 286 words, under 0.7", `${chinese(50)}\n\n${english(200)}${" 1".repeat(86)}`, 1],
  ["English that is 200 of 285 words, over 0.7", `${chinese(50)}\n\n${english(200)}${" 1".repeat(85)}`, 0],
  ["letters that stand alone are no words", `${chinese(50)}\n\n${Array(300).fill("a").join(" ")}`, 1],
  ["one paragraph of both", `${chinese(50)}\n${english(200)}`, 1], // neither makes the share
  ["English alone", english(500), 1],
  ["nothing", "", 1],
])("%s", (_, completion, expected) => expect(score(completion)).toBe(expected));
