def train(epochs):
    return epochs
