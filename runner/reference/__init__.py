"""The reference pages of docs/reference, made from the code that they speak of: `make reference` writes them."""
