def best(numbers):
    return max(numbers)
