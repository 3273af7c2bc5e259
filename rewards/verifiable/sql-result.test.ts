import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { sqlResult } from "./sql-result.ts";

const SETUP = `
create table city (name text, people integer, area real);
insert into city values ('A', 10, 2.5), ('B', 20, 4.0), ('C', 20, 8.0), ('D', null, 1.0);`;

async function run(query: string, gold = "select name from city where people > 15", ordered = false) {
  const target = { setup: SETUP, query: gold, ordered };
  return sqlResult.score(rewardInput({ completion: `<answer>${query}</answer>`, target, options: { extract: "answer" } }));
}

test.each<[string, string, string | undefined, boolean | undefined, number]>([
  ["the same rows in another way", "SELECT c.name AS x FROM city c WHERE people IN (20) ORDER BY area DESC", undefined, undefined, 1],
  ["too few rows", "select name from city where area = 4", undefined, undefined, 0],
  ["a row twice", "select name from city where people > 15 union all select 'B'", undefined, undefined, 0],
  ["another column", "select people from city where people > 15", undefined, undefined, 0],
  ["one column more", "select name, people from city where people > 15", undefined, undefined, 0],
  ["the order where it counts", "select name from city order by area", "select name from city order by area", true, 1],
  ["the wrong order where it counts", "select name from city order by area desc", "select name from city order by area", true, 0],
  ["the wrong order where it does not", "select name from city order by area desc", "select name from city order by area", false, 1],
  ["numbers of two kinds", "select 12.5 * 4", "select 50", undefined, 1],
  ["sums in another order", "select 0.1 + 0.2", "select 0.3", undefined, 1],
  ["a text for a number", "select '50'", "select 50", undefined, 0],
  ["nulls", "select people from city where name = 'D'", "select null", undefined, 1],
  ["a syntax error", "selec name", undefined, undefined, 0],
  ["no such table", "select * from town", undefined, undefined, 0],
  ["a file", "attach database '/etc/passwd' as x; select * from x.a", undefined, undefined, 0],
  [
    "a text of 400 MB",
    "pragma hard_heap_limit = 0; pragma hard_heap_limit = 2000000000; select name from city where people > 15 and length(hex(zeroblob(200000000))) > 1",
    undefined,
    undefined,
    0,
  ],
  ["nothing", "", undefined, undefined, 0],
  ["a changed copy", "delete from city where people < 15; select name from city where people > 1", undefined, undefined, 1],
])("%s", async (_, query, gold, ordered, expected) => {
  expect(await run(query, gold, ordered)).toBe(expected);
});

test("a block counts before a tag, and each query has a database of its own", async () => {
  const target = { setup: SETUP, query: "select count(*) from city", ordered: false };
  const score = (completion: string) => sqlResult.score(rewardInput({ completion, target, options: { extract: "answer" } }));
  expect(await score("<answer>1</answer>\n```sql\ndelete from city; select 4;\n```")).toBe(1);
  expect(await score("```sql\nselect count(name) from city\n```")).toBe(1);
});

test("a query without an end is ended, and the next one runs", async () => {
  expect(await run("with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n")).toBe(0);
  expect(await run("with recursive n(i) as (select 1 union all select i + 1 from n) select i from n")).toBe(0); // too many rows
  expect(await run("select name from city where people > 15")).toBe(1);
}, 120_000);

test("a database or a target query that fails is our mistake", async () => {
  await expect(run("select 1", "select x from nowhere")).rejects.toThrow("target's query failed");
  const input = rewardInput({
    completion: "<answer>select 1</answer>",
    target: { setup: "create tabel x", query: "select 1", ordered: false },
    options: { extract: "answer" as const },
  });
  await expect(sqlResult.score(input)).rejects.toThrow("the database failed");
});
