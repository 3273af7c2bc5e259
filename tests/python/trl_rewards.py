"""TRL's GRPOTrainer on the CPU, its rewards from `vlrl reward serve`: whether the reward rises.

    npx tsx cli/main.ts reward serve tests/python/trl-rewards.yaml &
    npx tsx cli/main.ts reward shim trl --out vlrl_reward.py
    python tests/python/trl_rewards.py tests/fixtures/qwen3 vlrl_reward.py

Needs torch, transformers, trl and datasets. Prints the mean reward of every step; exits with 1 unless the last five are above twice the first five and a tenth.
"""

import importlib.util
import sys
import tempfile

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer


def load(path):
    spec = importlib.util.spec_from_file_location("vlrl_reward", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.vlrl_reward


def main(model_path, shim_path):
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32)
    rows = [{"prompt": f"Write {words}.", "letter": "e"} for words in ("one", "it", "more", "all")] * 50
    config = GRPOConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=32,
        num_generations=8,
        max_completion_length=16,
        max_steps=40,
        learning_rate=1e-3,
        logging_steps=1,
        report_to=[],
        use_cpu=True,
        save_strategy="no",
        disable_tqdm=True,
        seed=0,
    )
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[load(shim_path)],
        args=config,
        train_dataset=Dataset.from_list(rows),
    )
    trainer.train()
    rewards = [entry["reward"] for entry in trainer.state.log_history if "reward" in entry]
    print("rewards", " ".join(f"{reward:.3f}" for reward in rewards))
    first, last = sum(rewards[:5]) / 5, sum(rewards[-5:]) / 5
    print(f"first five {first:.3f}, last five {last:.3f}")
    return 0 if last > 2 * first + 0.1 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
