"""What must hold of every answer besides what the description says. Schemathesis loads this."""

import schemathesis


@schemathesis.check
def fails_only_as_described(ctx, response, case):
    """No answer is a failure of the server, but for a position that was asked for and has not been read in."""
    waits = "min_position" in (case.query or {}) and "min_position" in response.text
    if response.status_code >= 500 and not (response.status_code == 503 and waits):
        raise AssertionError(f"{response.status_code}: {response.text[:300]}")
