"""Drives a worker by the REST client kafka-connect-py, and prints what it saw."""

import json
import sys
import time

from kafka_connect import KafkaConnect

url, file = sys.argv[1], sys.argv[2]
connect = KafkaConnect(url=url)
config = {"connector.class": "FileStreamSource", "tasks.max": 1, "file": file, "topic": "from-python"}


def wait_for(state, name="py"):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            status = connect.get_connector_status(name)
            states = [status["connector"]["state"]] + [task["state"] for task in status["tasks"]]
            if states == state:
                return states
        except Exception:  # there is no status yet
            pass
        time.sleep(0.05)
    raise TimeoutError(f"{name} is not {state}")


seen = {}
seen["version"] = connect.get_cluster_info()["version"]
seen["plugin"] = "org.apache.kafka.connect.file.FileStreamSourceConnector" in [
    plugin["class"] for plugin in connect.list_connector_plugins()
]
seen["errors"] = connect.validate_connector_config(
    "FileStreamSource", {"connector.class": "FileStreamSource", "name": "py", "file": file}
)["error_count"]
seen["created"] = connect.create_connector({"name": "py", "config": config})["name"]
seen["running"] = wait_for(["RUNNING", "RUNNING"])
seen["tasks"] = len(connect.list_connector_tasks("py"))
seen["task"] = connect.get_connector_task_status("py", 0)["state"]
seen["updated"] = connect.update_connector("py", {**config, "batch.size": 10})["config"]["batch.size"]
connect.pause_all_connectors(pattern="p.*")
seen["paused"] = wait_for(["PAUSED", "PAUSED"])
connect.resume_connector("py")
wait_for(["RUNNING", "RUNNING"])
connect.restart_connector("py", include_tasks=True)
seen["restarted"] = wait_for(["RUNNING", "RUNNING"])
connect.restart_connector_task("py", 0)
wait_for(["RUNNING", "RUNNING"])
connect.stop_connector("py")
seen["stopped"] = wait_for(["STOPPED"])
seen["listed"] = list(connect.list_connectors(expand="status", state="STOPPED"))
connect.reset_connector_topics("py")
connect.delete_connector("py")
seen["left"] = connect.list_connectors()
print(json.dumps(seen))
