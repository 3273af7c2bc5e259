import { expect, test } from "vitest";
import { python } from "./python.ts";

test("everything that a native build needs", async () => {
  const finding = await python(async (_, args) => (args[0] === "--version" ? "Python 3.11.7\n" : "pip 24\n"));
  expect(finding).toEqual({ name: "Python", state: "ok", detail: "3.11.7 with pip, make and a C++ compiler" });
});

test("what is missing is named, is no failure, and comes with a command", async () => {
  const finding = await python(async (command, args) => {
    if (command === "make" || args.includes("pip")) throw new Error("spawn ENOENT");
    return "Python 3.11.7\n";
  });
  expect(finding).toMatchObject({ state: "optional", detail: "pip, make not found, and not needed" });
  expect(finding.cure).toContain("apt-get install python3 python3-pip make g++");
});
