"""Pipeline and profile as one: layers, references, conditions, parameters, secrets."""
