print("island")
