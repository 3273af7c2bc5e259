/** Python files that carry a trainer's questions to the reward server: what a trainer calls as a function. Standard library only. */

const POST = `import json
import os
import time
import urllib.error
import urllib.request

URL = os.environ.get("VLRL_REWARD_URL", "@URL@")
TOKEN = os.environ.get("VLRL_REWARD_TOKEN")
TIMEOUT_S = 300
TRIES = 5


def _post(path, body):
    """Ask the reward server; waits and tries again while it can't be reached."""
    request = urllib.request.Request(URL + path, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    if TOKEN:
        request.add_header("Authorization", "Bearer " + TOKEN)
    for attempt in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            # the server's own answer: asking again would not change it
            raise RuntimeError(f"{URL}{path} answered {error.code}: {error.read().decode()}") from None
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            if attempt == TRIES - 1:
                raise RuntimeError(f"no reward server at {URL}: {error}. Start it with: vlrl reward serve <recipe>") from None
            time.sleep(2**attempt)
`;

const JSON_ONLY = `

def _plain(value):
    """Whether a value can be sent as JSON."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return True
    if isinstance(value, (list, tuple)):
        return all(_plain(item) for item in value)
    return isinstance(value, dict) and all(isinstance(key, str) and _plain(item) for key, item in value.items())
`;

const SHIMS = {
  trl: `"""Rewards of a vlrl recipe for TRL: GRPOTrainer(reward_funcs=[vlrl_reward]).

Every column of the dataset that JSON can hold is sent along under its own name; pictures are not.
"""
${POST}${JSON_ONLY}

def vlrl_reward(prompts, completions, completion_ids=None, **columns):
    """One reward a completion, None for one that could not be scored: TRL leaves it out."""
    count = len(completions)
    sent = {name: list(values) for name, values in columns.items() if isinstance(values, (list, tuple)) and len(values) == count and _plain(values)}
    body = {"prompts": list(prompts) if _plain(prompts) else [None] * count, "completions": completions, "columns": sent}
    if completion_ids is not None:
        body["completion_ids"] = [[int(token) for token in ids] for ids in completion_ids]
    return _post("/trl", body)["rewards"]
`,
  verl: `"""Rewards of a vlrl recipe for verl.

    reward.custom_reward_function.path=<this file> reward.custom_reward_function.name=compute_score
"""
${POST}${JSON_ONLY}

def compute_score(data_source, solution_str, ground_truth, extra_info=None, **_):
    """The score of one solution, and the score of every part beside it, which verl logs."""
    extra = {name: value for name, value in (extra_info or {}).items() if _plain(value)}
    truth = ground_truth if _plain(ground_truth) else str(ground_truth)
    return _post("/verl", {"data_source": data_source, "solution_str": solution_str, "ground_truth": truth, "extra_info": extra})
`,
};

export type ShimName = keyof typeof SHIMS;

export const shimNames = Object.keys(SHIMS) as ShimName[];

/** The file's text; it asks the server at `url` unless VLRL_REWARD_URL says otherwise. */
export function shim(trainer: ShimName, url: string): string {
  return SHIMS[trainer].replace("@URL@", () => url.replace(/\/+$/, "").replace(/[^\x21-\x7e]|["\\]/g, ""));
}
