"""What all checkers raise."""


class ContractError(AssertionError):
    """What a checker was given breaks the contract it was checked against."""
