"""Schemathesis against REST: what /openapi.json says is asked in every way, and nothing else may come back than what it says.

    GOALSTREAM_BIN=target/debug/goalstream ENV/bin/python rest.py            # shortly, an instance of its own
    ENV/bin/python rest.py --url http://127.0.0.1:4747 --cases 100 --whole   # at length, one that runs and may be written to

The seed is fixed, so that what is found can be found again. `/events` never ends and is left out; its own tests follow it. The exit code
says whether everything held.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

from instance import Instance

SEED = "42"
CASES = 5
CHECKS = [
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "use_after_free",
    # In rest_checks.py.
    "fails_only_as_described",
]
SHORT = "examples,fuzzing,stateful"
WHOLE = "examples,coverage,fuzzing,stateful"
# The server's own word, that a body did not come, takes half a minute.
ANSWER_SECONDS_MAX = 45
RUN_SECONDS_MAX = 1500

STORY = {
    "title": "Paint the bridge",
    "tasks": [{"title": "Scrape", "key": "scrape"}, {"title": "Prime", "after": ["scrape"]}],
}


def tell_story(url):
    """Something that ids and links can lead to."""
    request = urllib.request.Request(f"{url}/api/v1/goals", json.dumps(STORY).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS_MAX) as answer:
        return json.load(answer)["goal"]


def schemathesis(url, cases, phases):
    here = pathlib.Path(__file__).resolve().parent
    command = [pathlib.Path(sys.executable).with_name("schemathesis"), "run", f"{url}/openapi.json", "--seed", SEED]
    command += ["--max-examples", str(cases), "--phases", phases, "--checks", ",".join(CHECKS), "--exclude-path", "/events"]
    command += ["--request-timeout", str(ANSWER_SECONDS_MAX), "--workers", "2", "--warnings", "off", "--continue-on-failure"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "rest_checks", "PYTHONPATH": str(here)}
    # Where it runs it leaves what it may want to repeat.
    with tempfile.TemporaryDirectory(prefix="goalstream-rest-") as directory:
        return subprocess.run(command, env=environment, cwd=directory, timeout=RUN_SECONDS_MAX).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--whole", action="store_true")
    asked = parser.parse_args()
    phases = WHOLE if asked.whole else SHORT
    if asked.url:
        tell_story(asked.url)
        sys.exit(schemathesis(asked.url, asked.cases, phases))
    with Instance() as instance:
        tell_story(instance.url)
        failed = schemathesis(instance.url, asked.cases, phases)
    sys.exit(failed)


if __name__ == "__main__":
    main()
