"""The npm package `eventsource`, an outside client that reconnects by itself, hears each event once."""

import subprocess
import sys
from pathlib import Path

from tests.factories import Company
from tests.web.cutting import CuttingProxy

BUN = Path(sys.executable).with_name("bun")
CLIENT = """
import { EventSource } from "eventsource";
const [url, key] = process.argv.slice(2);
const withKey = (input, init) => fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${key}` } });
const source = new EventSource(url, { fetch: withKey });
source.addEventListener("ready", () => console.log("ready"));
source.addEventListener("task.created", (event) => console.log(JSON.parse(event.data).subject_label));
"""


def test_a_client_that_is_cut_off_again_and_again_hears_everything_once(
    servers: list[str], company: Company, tmp_path: Path
) -> None:
    agent, project = company.agent(), company.project()
    subprocess.run([BUN, "add", "--silent", "eventsource@4.1.0"], cwd=tmp_path, check=True, timeout=120)
    (tmp_path / "client.mjs").write_text(CLIENT)
    proxy = CuttingProxy(int(servers[0].rpartition(":")[2]))
    command = [BUN, "client.mjs", f"http://127.0.0.1:{proxy.port}/api/v2/events?name=task.created", agent.key]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as client:
        try:
            assert client.stdout is not None
            heard: list[str] = []
            assert client.stdout.readline().strip() == "ready"
            for turn in range(3):
                for n in range(5):
                    company.task(project, f"Task {turn}.{n}")
                    if n == 2:
                        proxy.cut()
                while len(heard) < 5 * (turn + 1):
                    line = client.stdout.readline()
                    assert line, "the client ended"
                    heard += [line.strip()] if line.strip() != "ready" else []
        finally:
            client.kill()
            proxy.close()
    assert heard == [f"HAL-{n}" for n in range(1, 16)]
    assert proxy.connections > 3
