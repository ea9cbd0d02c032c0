"""Input that must be refused with a clear answer, with nothing of it stored."""

import json

NUL = "a\u0000b"
LONG_TITLE = "x" * 201


def cases(made):
    """(what it is, tool, arguments, the code it must be refused with, words that the answer must hold)."""
    ids = made["ids"]
    decide, append, domain = ids["decide"], ids["append"], ids["domain"]
    yield "an empty title", "create_goal", {"title": ""}, "VALIDATION", ["title"]
    yield "a title of spaces", "create_goal", {"title": "   "}, "VALIDATION", ["title"]
    yield "a title of 201 characters", "create_goal", {"title": LONG_TITLE}, "VALIDATION", ["title", "200"]
    yield "a control character in a title", "create_goal", {"title": "a\u0007b"}, "VALIDATION", ["title"]
    yield "a title of two lines", "create_goal", {"title": "a\nb"}, "VALIDATION", ["title"]
    yield "a bad title deep in the tree", "create_goal", {"title": "x", "tasks": [{"title": "y", "subtasks": [{"title": ""}]}]}, "VALIDATION", ["title"]
    yield "U+0000 in a title", "create_goal", {"title": NUL}, "VALIDATION", ["title"]
    yield "U+0000 in a description", "create_goal", {"title": "x", "description": NUL}, "VALIDATION", ["description"]
    yield "U+0000 in a tag", "create_goal", {"title": "x", "tags": [NUL]}, "VALIDATION", ["tag"]
    yield "U+0000 in a key of metadata", "create_goal", {"title": "x", "metadata": {NUL: 1}}, "VALIDATION", []
    yield "U+0000 deep in metadata", "create_goal", {"title": "x", "metadata": {"a": [{"b": NUL}]}}, "VALIDATION", []
    yield "U+0000 in a criterion", "add_tasks", {"parent": made["goal"], "tasks": [{"title": "x", "accept": [NUL]}]}, "VALIDATION", []
    yield "U+0000 in a request_id", "create_goal", {"title": "x", "request_id": NUL}, "VALIDATION", ["request_id"]
    yield "U+0000 in a reason", "update", {"ids": [append], "set": {"priority": "low"}, "why": NUL}, "VALIDATION", ["why"]
    yield "U+0000 in a result", "complete", {"id": domain, "result": NUL}, "VALIDATION", ["result"]
    yield "an event over its size", "create_goal", {"title": "x", "tasks": [{"title": "y", "accept": ["c" * 60_000] * 6}]}, "TOO_BIG", []
    yield "a description of 2 MiB", "create_goal", {"title": "x", "description": "d" * (2 << 20)}, "TOO_BIG", ["description"]
    yield "10,001 tasks in one call", "create_goal", {"title": "x", "tasks": [{"title": "t"}] * 10_001}, "TOO_BIG", ["10"]
    yield "an unknown field", "create_goal", {"title": "x", "taks": []}, "VALIDATION", ["taks", "did you mean tasks?"]
    yield "an unknown field of a task", "add_tasks", {"parent": made["goal"], "tasks": [{"titel": "x"}]}, "VALIDATION", ["tasks[0].titel", "did you mean title?"]
    yield "JSON in a string", "create_goal", {"title": "x", "tags": '["a"]'}, "VALIDATION", ["tags", "string"]
    yield "a priority there is not", "create_goal", {"title": "x", "priority": "urgent"}, "VALIDATION", ["priority", "critical"]
    yield "a cycle among new tasks", "create_goal", {"title": "x", "tasks": [{"key": "a", "title": "a", "after": ["b"]}, {"key": "b", "title": "b", "after": ["a"]}]}, "CYCLE", ["a", "b"]
    yield "a cycle through existing tasks", "update", {"ids": [domain], "add": {"after": [append]}}, "CYCLE", [domain, append]
    yield "a cycle through new and existing tasks", "add_tasks", {"parent": domain, "tasks": [{"key": "new", "title": "new", "after": [append]}]}, "CYCLE", [append]
    yield "a dependency on a missing task", "add_tasks", {"parent": made["goal"], "tasks": [{"title": "x", "after": ["TASK-999999"]}]}, "VALIDATION", ["TASK-999999", "not a task of this goal"]
    yield "a dependency on a missing key", "create_goal", {"title": "x", "tasks": [{"title": "y", "after": ["nowhere"]}]}, None, ["nowhere"]
    yield "an unknown task", "claim", {"id": "TASK-999999"}, "NOT_FOUND", ["TASK-999999", "hint"]
    yield "an id that is none", "claim", {"id": "banana"}, None, ["banana"]
    yield "an undo of nothing", "undo", {}, "VALIDATION", ["events", "command", "actor"]
    yield "an undo of an event that never was", "undo", {"events": [999_999_999]}, "VALIDATION", ["999999999"]
    yield "an undo of two kinds", "undo", {"events": [1], "command": "x"}, "VALIDATION", ["events", "one of them"]
    yield "an undo of nobody", "undo", {"actor": "nobody-at-all", "since": made["position"]}, "VALIDATION", ["actor"]
    yield "a stale version", "update", {"ids": [decide], "set": {"priority": "low"}, "expect_version": 1}, "CONFLICT", ["current_version"]


async def try_all(checks, talk, made):
    before = await talk.done("find", view="all", limit=1, min_position=made["position"])
    head = await newest(talk, before["position"])
    for name, tool, arguments, code, words in cases(made):
        refused, answer = await talk.call(tool, **arguments)
        # An update of several goals answers with a conflict for each that was refused.
        if not refused and answer.get("conflicts"):
            refused, answer = True, answer["conflicts"][0]
        text = json.dumps(answer, ensure_ascii=False)
        right = refused and code in (None, answer.get("code")) and all(word in text for word in words)
        checks.that(right and answer.get("message"), f"{name}: {answer.get('code')}", text)
    after = await newest(talk, head)
    checks.that(after == head, "none of it was stored, not even by half", (head, after))


async def newest(talk, at_least):
    """Where the log ends, as far as a reader can tell."""
    return (await talk.done("find", view="all", limit=1, min_position=at_least))["position"]
