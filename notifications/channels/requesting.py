"""What a failed HTTP call of somebody's client library means: did the other side see it?"""

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError


def never_left(problem: BaseException) -> bool:
    """Whether the request surely did not reach the provider: no connection came about at all."""
    if isinstance(problem, requests.ConnectTimeout):
        return True
    if not isinstance(problem, requests.ConnectionError):
        return False
    cause = problem.args[0] if problem.args else None
    if not isinstance(cause, MaxRetryError) and isinstance(problem.__cause__, requests.ConnectionError):
        return never_left(problem.__cause__)
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
