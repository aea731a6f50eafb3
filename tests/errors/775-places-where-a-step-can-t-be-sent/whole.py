class Whole:
    """Takes a pipeline and hands it on."""

    @staticmethod
    def emit(plan):
        return {}
