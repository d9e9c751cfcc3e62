"""What the integration tests share: the ottla command, the broker under test, the other side's clients, and made-up records."""
