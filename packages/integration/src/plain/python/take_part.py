"""A client of Socket.IO that has no Eventwire: it takes part, and prints what came of it as lines of JSON."""

import base64
import json
import queue
import sys

import socketio

url, transport = sys.argv[1:]
client = socketio.Client(reconnection=False)
events = queue.Queue()


def plain(value):
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def tell(what, value):
    print(json.dumps([what, plain(value)]), flush=True)


def say(event, *values):
    """Emits, and waits for the acknowledgement: an error or None, and a result or None."""
    error, result = client.call(event, values, timeout=10)
    return {"error": error and error["code"], "result": result}


for name in ["word.said", "value.changed", "eventwire:refused", "eventwire:goodbye"]:
    client.on(name, lambda *values, name=name: events.put([name, *values]))
gone = queue.Queue()
client.on("disconnect", lambda *_: gone.put(True))

client.connect(url, transports=[transport], auth={"token": "secret"})
tell("on", say("eventwire:on", "word.said", {"key": "lobby"}))
tell("on all", say("eventwire:on", "value.changed", {}))
tell("on without permission", say("eventwire:on", "note.added", {}))
tell("on without a name", say("eventwire:on"))

tell("emit", say("note.added", "h\u00e9llo from Python"))
tell("emit what is invalid", say("note.added", 5))
client.emit("note.added", 5)
tell("refused", events.get(timeout=10))

tell("request", say("division.result", {"dividend": 6, "divisor": 2}))
tell("request that fails", say("division.result", {"dividend": 6, "divisor": 0}))
tell("bytes", say("value.echo", {"photo": b"\x01\x02", "list": [1.5, None, True]}))

tell("ready", None)
for _ in range(3):
    tell("event", events.get(timeout=10)[:2])
tell("off", say("eventwire:off", "word.said", {"key": "lobby"}))
tell("goodbye", events.get(timeout=10))
gone.get(timeout=10)
tell("gone", None)
