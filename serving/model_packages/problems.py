"""What is wrong with packages, told to whoever reads the output of a build."""


class PackagesError(Exception):
    """All that keeps packages from being locked or installed, one sentence each."""

    def __init__(self, *problems: str):
        super().__init__("\n".join(problems))
        self.problems = problems
