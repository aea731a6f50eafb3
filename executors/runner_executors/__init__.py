"""The services that come with runner-up: a small flavor module each; implementations are imported when used."""
