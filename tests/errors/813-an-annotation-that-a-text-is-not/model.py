def train(epochs: int, batch: "int", fast: bool | None, name: str = "y"):
    print(epochs, batch, fast, name)
