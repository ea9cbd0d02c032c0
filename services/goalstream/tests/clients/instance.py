"""A running Goalstream in a directory of its own."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

START_SECONDS_MAX = 180
STOP_SECONDS_MAX = 60


def program():
    """The executable under test."""
    path = os.environ.get("GOALSTREAM_BIN")
    if not path:
        raise SystemExit("set GOALSTREAM_BIN to the goalstream executable")
    return path


class Instance:
    """`goalstream up` with a port that the system chose; a context manager that stops it and removes its data."""

    def __enter__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="goalstream-clients-", ignore_cleanup_errors=True)
        # Under root, Postgres runs as another user, who must get as far as the data directory.
        os.chmod(self._directory.name, 0o755)
        self.data_dir = pathlib.Path(self._directory.name) / "data"
        self.log = pathlib.Path(self._directory.name) / "up.log"
        with self.log.open("wb") as log:
            command = [program(), "up", "--data-dir", str(self.data_dir), "--listen", "127.0.0.1:0"]
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            run = self._wait_for_run_file()
        except BaseException:
            self.__exit__()
            raise
        self.url, self.mcp_url = run["url"], run["mcp_url"]
        return self

    def _wait_for_run_file(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        file = self.data_dir / "run.json"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SystemExit(f"goalstream up ended with {self.process.returncode}:\n{self.output()}")
            try:
                return json.loads(file.read_text())
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.1)
        raise SystemExit(f"goalstream up was not ready within {START_SECONDS_MAX} s:\n{self.output()}")

    def output(self):
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-4000:]

    def stdio_command(self):
        """The stdio door to this instance."""
        return [program(), "mcp", "--data-dir", str(self.data_dir)]

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._directory.cleanup()
