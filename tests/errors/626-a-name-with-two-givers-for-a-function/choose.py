def best(score: float) -> None:
    print(score)
