def count(n):
    rows = n * 2
    print(rows)


def guess(n):
    if n:
        return None
    raise ValueError(n)
