"""Sentences of tokens: their texts, and what files say of them."""
