def best(accuracy):
    return max(accuracy)
