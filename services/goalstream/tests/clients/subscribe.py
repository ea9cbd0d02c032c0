"""An outsider's automation: an ordinary NATS client follows the log, as nats/README.md says.

    GOALSTREAM_BIN=target/debug/goalstream ENV/bin/python subscribe.py

One line a check; the last line is the sum, and the exit code says whether everything held.
"""

import asyncio
import json

import nats
from mcp import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from checks import Checks
from instance import Instance

SECONDS_MAX = 20


async def events(subscription, count):
    """The next so many messages, acknowledged."""
    found = []
    while len(found) < count:
        for message in await subscription.fetch(count - len(found), timeout=SECONDS_MAX):
            await message.ack()
            found.append(message)
    return found


def positions(messages):
    return [message.metadata.sequence.stream for message in messages]


async def create(client, title, **more):
    result = await client.call_tool("create_goal", {"title": title, **more})
    assert not result.is_error, result
    return result.structured_content


async def follow(instance, checks):
    bus = await nats.connect(json.loads((instance.data_dir / "run.json").read_text())["nats_url"])
    stream = bus.jetstream()
    async with Client(instance.mcp_url) as client:
        live = await bus.subscribe("goalstream.v1.>")
        first = await create(client, "Seen by everybody", tasks=[{"title": "one"}, {"title": "two"}])
        core = [await live.next_msg(timeout=SECONDS_MAX) for _ in range(3)]
        checks.that([message.headers["ce-type"] for message in core] ==
                    ["goalstream.goal_created.v1", "goalstream.task_added.v1", "goalstream.task_added.v1"],
                    "a plain subscription hears each event", [message.headers for message in core])

        durable = await stream.pull_subscribe("goalstream.v1.>", durable="outsider", config=ConsumerConfig(
            deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.EXPLICIT))
        stored = await events(durable, 3)
        checks.that(positions(stored) == [1, 2, 3], "a durable consumer reads from the beginning", positions(stored))
        checks.that(positions(stored)[-1] == first["position"], "the stream's sequence is the receipt's position", first)
        head = stored[0]
        checks.that(head.subject == f"goalstream.v1.default.goal.{first['goal']}.goal_created", "the subject says what it is", head.subject)
        checks.that(json.loads(head.data)["data"]["title"] == "Seen by everybody", "the payload is the stored event", head.data)
        checks.that(head.headers["ce-sequence"] == "1".zfill(20), "the CloudEvents sequence is the position", head.headers)

        # Whoever was away goes on where it was: nothing is left out, nothing comes twice.
        await durable.unsubscribe()
        await create(client, "Missed at first")
        durable = await stream.pull_subscribe("goalstream.v1.>", durable="outsider")
        checks.that(positions(await events(durable, 1)) == [4], "a consumer that was away resumes exactly")

        later = await stream.pull_subscribe("goalstream.v1.*.goal.*.goal_created", config=ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=2, ack_policy=AckPolicy.EXPLICIT))
        filtered = await events(later, 1)
        checks.that(positions(filtered) == [4], "a filter from a position sees holes, and says where it is", positions(filtered))
    await bus.close()


def main():
    checks = Checks()
    with Instance() as instance:
        asyncio.run(follow(instance, checks))
    checks.finish()


if __name__ == "__main__":
    main()
