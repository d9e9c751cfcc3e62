"""The house rules that a script can check; each module is one rule with problems(tree) -> list of sentences."""
