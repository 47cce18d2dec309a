"""What Scripts/check-hot-path is made of: reading machine code, the rules, and the list of exceptions."""
