#!/usr/bin/env python3
"""Two agents and one plan, told as it happens: a race, a crash, a takeover, a worker that comes back too late, a lost answer, a deletion that is
undone, a look into the past, and catching up.

    GOALSTREAM_BIN=target/debug/goalstream ENV/bin/python story.py

Each line is printed after what it says was seen. The README quotes them, and this fails when it quotes something else.
"""

import asyncio
import json
import pathlib
import sys
import time

from mcp import Client
from mcp.types import Implementation

from instance import Instance

README = pathlib.Path(__file__).parents[4] / "README.md"
BEGIN, END = "<!-- the story, as story.py prints it -->\n", "\n<!-- the end of the story -->"
LEASE_SECONDS = 1
SECONDS_MAX = 60

told = []


def tell(line):
    told.append(line)
    print(line, flush=True)


def expect(holds, seen):
    if not holds:
        sys.exit(f"the story went otherwise: {json.dumps(seen, default=str)[:2000]}")


class Agent:
    """One agent with a connection of its own."""

    def __init__(self, name, client):
        self.name, self.client = name, client

    async def call(self, tool, **arguments):
        result = await self.client.call_tool(tool, arguments, read_timeout_seconds=SECONDS_MAX)
        return result.is_error, result.structured_content

    async def do(self, tool, **arguments):
        refused, answer = await self.call(tool, **arguments)
        expect(not refused, answer)
        return answer

    async def fail(self, code, tool, **arguments):
        refused, answer = await self.call(tool, **arguments)
        expect(refused and answer["code"] == code, answer)
        return answer


async def race(ann, bob):
    """Both ask for the best task in the same moment."""
    goal = await ann.do("create_goal", title="Renew the bridge", tasks=[
        {"title": "Scrape", "key": "scrape"}, {"title": "Paint", "key": "paint", "after": ["scrape"]}])
    tell(f"Ann plans {goal['goal']} in one call: Scrape, then Paint.")
    answers = await asyncio.gather(*(agent.call("claim", match={"goal": goal["goal"]}, ttl=LEASE_SECONDS) for agent in (ann, bob)))
    won = [agent for agent, (refused, _) in zip((ann, bob), answers) if not refused]
    lost = [agent for agent in (ann, bob) if agent not in won]
    (claimed,) = [answer for refused, answer in answers if not refused]
    (refusal,) = [answer for refused, answer in answers if refused]
    # Nothing is ready any more, or it was a moment before: who is told to look again finds nothing then.
    expect(claimed["task"] == goal["ids"]["scrape"] and refusal["code"] in ("NOT_FOUND", "BUSY"), answers)
    tell(f"She and Bob claim in the same moment. One gets {claimed['task']} with fence {claimed['fence']}, the other gets none.")
    return goal, won[0], lost[0], claimed


async def takeover(goal, slow, quick, claimed):
    """The lease of the one who got it ends while it is away."""
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        refused, second = await quick.call("claim", match={"goal": goal["goal"]}, ttl=600)
        if not refused:
            break
        expect(time.monotonic() < deadline, second)
        await asyncio.sleep(0.1)
    expect(second["task"] == claimed["task"] and second["fence"] > claimed["fence"], second)
    tell(f"The one who got it hangs. After its lease has ended the other claims {second['task']}: fence {second['fence']}.")
    late = await slow.fail("FENCED", "complete", id=claimed["task"], result="done, I think", fence=claimed["fence"])
    tell(f"The first one wakes up and completes it with fence {claimed['fence']}: {late['code']}, nothing is stored.")
    return second


async def lost_answer(quick, goal, second):
    """A repeat with the same request_id is not a second time."""
    call = {"id": second["task"], "result": "bare metal", "fence": second["fence"], "request_id": "scrape-done"}
    first = await quick.do("complete", **call)
    again = await quick.do("complete", **call)
    expect(again["duplicate"] and again["position"] == first["position"] and first["unblocked"] == [goal["ids"]["paint"]], [first, again])
    tell(f"The other completes it, does not hear the answer and completes it again: both times position {first['position']}, and Paint is unblocked.")
    return first


async def deletion(ann, goal, before):
    """Deleting is archiving, and that can be undone."""
    gone = await ann.do("update", ids=[goal["goal"]], set={"archived": True}, why="not needed", request_id="tidy-up")
    found = await ann.do("find", goal=goal["goal"])
    expect(found.get("rows", []) == [], found)
    tell("Ann deletes the goal by mistake. Nobody finds it or its tasks any more.")
    plan = await ann.do("undo", command="tidy-up", dry_run=True)
    undone = await ann.do("undo", command="tidy-up", request_id="untidy")
    kinds = [one["type"] for one in undone["compensations"]]
    expect(kinds == [one["type"] for one in plan["compensations"]] and undone["position"] > gone["position"], [plan, undone])
    ready = await ann.do("find", goal=goal["goal"], view="ready")
    expect([row["id"] for row in ready["rows"]] == [goal["ids"]["paint"]], ready)
    tell(f"She undoes that, as a dry run had foretold: {', '.join(kinds)}. Paint is ready.")
    past = await ann.do("get", ids=[goal["goal"]], as_of=before)
    expect(past["goals"][0]["progress"]["completed"] == 0, past)
    tell(f"As of position {before} the goal still had {past['goals'][0]['progress']['total']} tasks to do.")


async def catching_up(bob, since):
    news = await bob.do("history", since=since)
    kinds = [event["type"] for event in news["events"]]
    tell(f"Bob was away since position {since}. One call tells him everything: {', '.join(kinds)}.")


async def story(instance):
    def connect(name):
        return Client(instance.mcp_url, client_info=Implementation(name=name, version="1"), read_timeout_seconds=SECONDS_MAX)

    async with connect("ann") as one, connect("bob") as two:
        ann, bob = Agent("ann", one), Agent("bob", two)
        goal, slow, quick, claimed = await race(ann, bob)
        second = await takeover(goal, slow, quick, claimed)
        completed = await lost_answer(quick, goal, second)
        await deletion(ann, goal, goal["position"])
        await catching_up(bob, completed["position"])


def check_readme():
    text = README.read_text()
    quoted = text[text.index(BEGIN) + len(BEGIN):text.index(END)]
    if [line.strip() for line in quoted.splitlines() if line.strip()] != told:
        sys.exit(f"{README.name} quotes another story; put this between its marks:\n\n" + "\n".join(f"    {line}" for line in told))


if __name__ == "__main__":
    with Instance() as running:
        asyncio.run(story(running))
    check_readme()
