"""Everything that makes the model; needs the `train` extra, and nothing else imports it."""
