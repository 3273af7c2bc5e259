"""Specs of the golden folders that /work/shared/fixtures does not hold: windows, rope types, SmolLM3, Idefics3, stored types.

    python /work/shared/fixtures/make_fixtures.py --specs tests/python/golden_specs.py --out tests/fixtures --only <name>

Without `--only` all of them are made again: byte for byte the same with the versions that each `provenance` names.
"""
