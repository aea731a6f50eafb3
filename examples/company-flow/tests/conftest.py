pytest_plugins = ["runner.testing.fixtures"]
