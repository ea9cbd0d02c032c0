"""Counts what holds and what does not, one line each."""

import sys


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.scope = ""

    def that(self, holds, name, seen=None):
        """Notes whether something holds; `seen` is shown when it does not."""
        line = f"{self.scope}: {name}" if self.scope else name
        if holds:
            self.passed += 1
            print(f"ok      {line}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {line}\n        saw {str(seen)[:600]}", flush=True)
        return bool(holds)

    def finish(self):
        """Prints the sum and ends the program with it."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)
