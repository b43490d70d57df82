"""What bad input, hostile queries, injected text and faults do to kg: each is tried, and a table says what came of it."""
