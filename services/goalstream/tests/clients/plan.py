"""Plans this project's own roadmap with the Python MCP client, works on it, and tries to break things.

    GOALSTREAM_BIN=target/debug/goalstream ENV/bin/python plan.py

It starts an instance of its own and goes over both transports (stdio through `goalstream mcp`, HTTP at /mcp) in both eras of the
protocol. One line a check; the last line is the sum, and the exit code says whether everything held.
"""

import asyncio
import json
import os
import pathlib
import sys

from mcp import Client, StdioServerParameters

import bad_input
import raw
from checks import Checks
from instance import Instance

ROADMAP = json.loads((pathlib.Path(__file__).parent / "roadmap.json").read_text())
NEWER_ERA = "2026-07-28"
TOOLS = ["add_tasks", "claim", "comment", "complete", "create_goal", "find", "get", "history", "plan", "undo", "update"]
CALL_SECONDS_MAX = 60
BUSY_TRIES_MAX = 60


class Talk:
    """A client whose answers are (is it an error, the structure)."""

    def __init__(self, client):
        self.client = client

    async def call(self, tool, **arguments):
        for _ in range(BUSY_TRIES_MAX):
            result = await self.client.call_tool(tool, arguments, read_timeout_seconds=CALL_SECONDS_MAX)
            answer = result.structured_content
            if not (result.is_error and answer.get("code") == "BUSY"):
                break
            await asyncio.sleep(answer["retry_after_ms"] / 1000)
        text = json.loads(result.content[0].text)
        assert text == answer, f"text and structure differ: {text} {answer}"
        return result.is_error, answer

    async def done(self, tool, **arguments):
        """An answer that must not be an error."""
        refused, answer = await self.call(tool, **arguments)
        if refused:
            raise RuntimeError(f"{tool} was refused: {answer}")
        return answer


def count(tasks):
    return sum(1 + count(task.get("subtasks", [])) for task in tasks)


def depth(tasks):
    return 1 + max((depth(task.get("subtasks", [])) for task in tasks), default=0) if tasks else 0


async def plan(checks, talk, request_id):
    """Makes the goal with its whole tree in one call, and answers what was made."""
    made = await talk.done("create_goal", **ROADMAP, request_id=request_id)
    checks.that(len(made["ids"]) == count(ROADMAP["tasks"]), "the whole tree is made in one call", made)
    again = await talk.done("create_goal", **ROADMAP, request_id=request_id)
    same = all(again[field] == made[field] for field in ("goal", "ids", "position", "sequence"))
    checks.that(same and again.get("duplicate") is True, "repeating it returns the first receipt", again)
    refused, answer = await talk.call("create_goal", title="Something else", request_id=request_id)
    checks.that(refused and "request_id" in json.dumps(answer), "the same request_id with another body is refused", answer)
    return made


async def suppose(checks, talk, made):
    """Plans what is left, and what would be left if one task were done."""
    ids = made["ids"]
    calls = [{"tool": "complete", "arguments": {"id": ids["decide"], "met": [1]}}, {"tool": "complete", "arguments": {"id": ids["decide"], "fence": 9}}]
    planned = await talk.done("plan", goal=made["goal"], what_if=calls)
    checks.that(ids["samples"] in planned["phases"][0]["tasks"], "what is supposed to be done holds nobody up", planned)
    checks.that(planned["difference"]["gone"] == [ids["decide"]], "a plan says what would be different", planned)
    checks.that(planned["calls"][1]["refused"]["code"] == "FENCED", "what would be refused is a part of the plan", planned)
    planned = await talk.done("plan", goal=made["goal"])
    checks.that(ids["decide"] in planned["phases"][0]["tasks"], "what is supposed is not written", planned)


async def work(checks, talk, made):
    """Finds what is ready, claims it, completes it, and looks at what that sets free."""
    ids = made["ids"]
    found = await talk.done("find", view="ready", goal=made["goal"], min_position=made["position"], limit=200)
    ready = {row["id"] for row in found["rows"]}
    checks.that(ids["decide"] in ready and ids["samples"] not in ready, "ready is what waits for nothing", sorted(ready))
    await suppose(checks, talk, made)

    claimed = await talk.done("claim", id=ids["decide"], ttl=600)
    fence = claimed["fence"]
    checks.that(fence >= 1 and "until" in claimed and claimed["context"]["goal"] == made["goal"], "a claim hands out a fence and context", claimed)
    refused, answer = await talk.call("complete", id=ids["decide"])
    checks.that(refused and answer["code"] == "CLAIMED", "without the fence a claimed task cannot be completed", answer)
    refused, answer = await talk.call("complete", id=ids["decide"], fence=fence)
    checks.that(refused and answer["code"] == "CRITERIA_OPEN", "open criteria are named", answer)
    done = await talk.done("complete", id=ids["decide"], fence=fence, met=[1], result="Forty rules, forty tests.")
    freed = {ids["samples"], ids["properties"]}
    checks.that(freed <= set(done.get("unblocked", [])), "completing it says what it unblocked", done)
    found = await talk.done("find", view="ready", goal=made["goal"], limit=200)
    checks.that(freed <= {row["id"] for row in found["rows"]}, "a reader sees its own writes: they are ready now", found)
    again = await talk.done("complete", id=ids["decide"])
    checks.that(again.get("unchanged") is True, "completing it again is already done", again)

    first = await talk.done("claim", id=ids["samples"])
    await talk.done("claim", id=ids["samples"], fence=first["fence"], release=True, handoff="Half of the samples are there.")
    second = await talk.done("claim", id=ids["samples"])
    checks.that(second["fence"] > first["fence"], "a new claim has a higher fence", (first, second))
    checks.that("Half of the samples" in json.dumps(second), "the hand-over reaches the next worker", second)
    refused, answer = await talk.call("complete", id=ids["samples"], fence=first["fence"])
    checks.that(refused and answer["code"] == "FENCED", "a stale fence is refused", answer)
    await talk.done("complete", id=ids["samples"], fence=second["fence"], outcome="failed", result="Tried.")

    said = await talk.done("comment", id=ids["properties"], body="Shrinking is slow.", kind="decision")
    got = await talk.done("get", ids=[ids["properties"]], include=["comments"])
    comment = got["tasks"][0]["comments"][0]
    checks.that(comment["comment"] == said["comment"] and comment["kind"] == "decision", "a comment is kept with its task", got)

    got = await talk.done("get", ids=[made["goal"]])
    progress = got["goals"][0]["progress"]
    checks.that(progress["completed"] == 1 and progress["failed"] == 1, "the goal's progress counts it", progress)


async def session(checks, name, server, mode):
    """Everything one client does in one era over one transport."""
    checks.scope = f"{name}, {mode}"
    async with Client(server, mode=mode, read_timeout_seconds=CALL_SECONDS_MAX) as client:
        newer = client.protocol_version >= NEWER_ERA
        checks.that(newer == (mode == "auto"), f"speaks {client.protocol_version}", client.protocol_version)
        listed = (await client.list_tools()).tools
        checks.that([tool.name for tool in listed] == TOOLS, "lists the tools in order", listed)
        talk = Talk(client)
        made = await plan(checks, talk, f"roadmap-{name}-{mode}")
        await work(checks, talk, made)
        await bad_input.try_all(checks, talk, made)


async def main():
    checks = Checks()
    tasks = ROADMAP["tasks"]
    checks.that(count(tasks) >= 25 and depth(tasks) == 3, f"the roadmap has {count(tasks)} tasks in {depth(tasks)} levels")
    with Instance() as instance:
        command = instance.stdio_command()
        stdio = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
        for name, server in (("stdio", stdio), ("http", instance.mcp_url)):
            for mode in ("auto", "legacy"):
                try:
                    await session(checks, name, server, mode)
                except Exception as error:  # one broken session must not hide the others
                    checks.that(False, "the session went through", f"{type(error).__name__}: {error}")
        raw.over_stdio(checks, command)
        raw.over_http(checks, instance.mcp_url)
        raw.start(checks, instance.url)
        checks.scope = ""
        checks.that(instance.process.poll() is None, "the instance is still running", instance.output())
    checks.finish()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
