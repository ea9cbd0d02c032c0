"""What no well-behaved client sends."""

import http.client
import json
import os
import subprocess
import tempfile
import time
import urllib.parse

from instance import program

ANSWER_SECONDS_MAX = 30
START_SECONDS_MAX = 60

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": "hello",
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


def over_stdio(checks, command):
    """Garbage on standard input is answered, and the door stays open until its input ends."""
    checks.scope = "raw stdio"
    garbage = [
        ("invalid UTF-8", b"\xff\xfe\xfd", -32700),
        ("truncated JSON", b'{"jsonrpc":"2.0","id":1,"method":"tools/li', -32700),
        ("no JSON", b"hello", -32700),
        ("no message", b"[]", -32600),
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(line):
        process.stdin.write(line + b"\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        for name, line, code in garbage:
            answer = ask(line)
            checks.that(answer.get("error", {}).get("code") == code, f"{name} before initialize", answer)
        asked = time.monotonic()
        answer = ask(json.dumps(INITIALIZE).encode())
        waited = time.monotonic() - asked
        checks.that(answer.get("result", {}).get("serverInfo", {}).get("name") == "goalstream", "initialize is answered", answer)
        checks.that(waited < 1, f"at once ({waited * 1000:.0f} ms)", waited)
        for name, line, code in garbage:
            answer = ask(line)
            checks.that(answer.get("error", {}).get("code") == code, f"{name} after initialize", answer)
        answer = ask(json.dumps(LIST).encode())
        names = [tool["name"] for tool in answer["result"]["tools"]]
        checks.that("create_goal" in names, "the tools are still listed", names)
        process.stdin.close()
        checks.that(process.wait(ANSWER_SECONDS_MAX) == 0, "it ends when its input ends", process.returncode)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        checks.that(False, "the door stays open", error)
    finally:
        process.kill()
        process.wait()


def over_http(checks, mcp_url):
    """Wrong origins and hosts are turned away; what is no message is the client's mistake."""
    checks.scope = "raw HTTP"
    url = urllib.parse.urlsplit(mcp_url)

    def post(body, **headers):
        connection = http_connection(url)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        accept = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        connection.request("POST", url.path, body, {**accept, **headers})
        response = connection.getresponse()
        return response.status, response.read()[:200]

    body = json.dumps(INITIALIZE)
    status, text = post(body, Origin=f"http://{url.netloc}")
    checks.that(status == 200, "its own origin may come", (status, text))
    for origin in ("https://evil.example.org", "null"):
        status, text = post(body, Origin=origin)
        checks.that(status == 403, f"the origin {origin} may not", (status, text))
    status, text = post(body, Host="evil.example.org")
    checks.that(status == 403, "a host of elsewhere may not", (status, text))
    for name, garbage in (("truncated JSON", b'{"jsonrpc":'), ("invalid UTF-8", b"\xff\xfe"), ("an empty body", b"")):
        status, text = post(garbage)
        checks.that(400 <= status < 500, f"{name} is the client's mistake: {status}", (status, text))
    status, text = post(b" " * (9 << 20))
    checks.that(status == 413, "a body of 9 MiB is too large", (status, text))


def http_connection(url):
    return http.client.HTTPConnection(url.hostname, url.port, timeout=ANSWER_SECONDS_MAX)


def start(checks, url):
    """A start that cannot work says so, and soon."""
    checks.scope = "start"
    taken = urllib.parse.urlsplit(url).netloc
    with tempfile.TemporaryDirectory(prefix="goalstream-start-", ignore_cleanup_errors=True) as directory:
        refuses(checks, "a taken port", ["--data-dir", os.path.join(directory, "data"), "--listen", taken], taken.rsplit(":")[-1])
    refuses(checks, "a data directory that cannot be written", ["--data-dir", "/proc/goalstream", "--listen", "127.0.0.1:0"], "/proc/goalstream")


def refuses(checks, name, arguments, word):
    try:
        ended = subprocess.run([program(), "up", *arguments], capture_output=True, timeout=START_SECONDS_MAX)
    except subprocess.TimeoutExpired as error:
        checks.that(False, f"{name} ends the start", error)
        return
    said = (ended.stdout + ended.stderr).decode(errors="replace")
    checks.that(ended.returncode not in (0, 101) and word in said, f"{name} is named", (ended.returncode, said))
