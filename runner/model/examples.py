"""An example of every key, as it stands in a file: what editors and the reference show beside the description.

One text a table, in TOML: a line is an example of its key, and so is a block that begins with a header.
"""

from __future__ import annotations

import re
from functools import cache

STEP = """
shell = 'gzip --keep "$RUNNER_PARAM_table"'
command = ["python", "train.py", "--rate", "${rate}"]
python = "project.model:train"
notebook = "notebooks/report.ipynb"
container = { image = "alpine:3.20", args = ["echo", "${word}"] }
steps = { fetch = { uses = "std:fetch" }, count = { shell = "wc -l raw.csv" } }
choose = "rows > 1000"
uses = "./flows/load.toml"
stub = true
cases = { true = { uses = "./large.toml" }, false = { uses = "./small.toml" } }
default = { stub = true }
extends = "small"
description = "Trains a model for each island"
tags = ["gpu", "nightly"]
needs = ["fetch"]
after = ["clean-up"]
when = "accuracy > 0.9"
for-each = { island = ["Biscoe", "Dream"], seed = { range = 3 } }
stop-when = "accuracy > 0.99"
max-parallel = 4
batch = 10
tolerate = 2
reduce = { accuracy = "max", model = "project.model:best" }
repeat = { until = "loss < 0.01", max = 20 }
params = { rate = 0.1, table = "data/${island}.csv" }
returns = ["rows", { name = "accuracy", kind = "metric" }]
inputs = { table = "data/${island}.csv" }
outputs = { model = "models/${island}.bin" }
on-failure = { run = "tell", recover = "skip" }
retry = { attempts = 3, delay = "10s" }
timeout = "30m"
env = { OMP_NUM_THREADS = 4, MODE = "${mode}" }
secrets = ["API_TOKEN"]
resources = { cpu = 2, memory = "4Gi" }
image = "python:3.12-slim"
runtime = ".venv"
interpreter = "python3"
workdir = "services/api"
isolate = true
cache = { code = ["src/**/*.py"], expires = "7d" }
defaults = { timeout = "10m" }
profile = "gpu"
unset = ["env.DEBUG"]
"""
DEFAULTS = """
[defaults]
timeout = "30m"
retry = { attempts = 2, delay = "5s" }
"""
FILE = """
"$schema" = "./.runner/schema/pipeline.json"
max-parallel = 8

[params]
rate = 0.1
islands = ["Biscoe", "Dream"]
"""
PIPELINE = f"""{FILE}
name = "penguins"
description = "Trains a classifier for each island"
requires-runner = ">=0.1"
include = ["parts/*.toml"]
returns = ["accuracy", {{ name = "rows", from = "count.rows" }}]
timeout = "2h"

[types]
rate = {{ type = "number", minimum = 0 }}
{DEFAULTS}
[templates.small]
timeout = "10m"
resources = {{ cpu = 1, memory = "1Gi" }}

[steps.count]
shell = 'echo "rows=$(wc -l < data.csv)" >> "$RUNNER_RETURNS"'
returns = ["rows"]

[job]
python = "project.model:train"

[handlers.tell]
shell = 'mail -s "it failed" team@example.org < report.txt'

[finally.clean-up]
shell = "rm -rf scratch"
"""
PROFILE = f"""{FILE}
extends = "std:docker"
description = "In containers on this machine"
shared = true
{DEFAULTS}
[volumes.data]
claim = "team-data"
mount = "/data"

[build]
base = "python:3.12-slim"
requirements = "requirements.txt"

[schedule]
cron = "0 3 * * *"
timezone = "Europe/Zurich"

[tags.gpu]
resources = {{ gpu = 1 }}

[steps."train.*"]
timeout = "2h"

[executor]
type = "docker"
image = "python:3.12-slim"

[run-log]
type = "file-system"

[catalog]
type = "file-system"
path = "/mnt/team/catalog"

[secrets]
type = "dotenv"
path = ".env"
"""
TEXTS = {
    "Step": STEP,
    "Pipeline": PIPELINE,
    "Profile": PROFILE,
    "Project": f"""{PROFILE}
"$schema" = "./.runner/schema/project.json"
profile = "dev"

[plugins.executors]
batch = "company.batch:Batch"
""",
    "Plugins": """
executors = { batch = "company.batch:Batch" }
run-logs = { bucket = "company.bucket:RunLog" }
catalogs = { bucket = "company.bucket:Catalog" }
secrets = { vault = "company.vault:Vault" }
serialisers = { arrow = "company.arrow:ARROW" }
views = { chat = "company.chat:Chat" }
blocks = { load = "company.blocks:LOAD" }
""",
    "Volume": """
claim = "team-data"
secret = "registry-certificates"
config-map = "settings"
size = "8Gi"
mount = "/data"
here = "/mnt/team-data"
sub-path = "penguins"
read-only = true
""",
    "Build": """
base = "python:3.12-slim"
apt = ["git", "libpq5"]
requirements = "requirements.txt"
pyproject = "pyproject.toml"
extras = ["plots"]
include = ["src/**", "queries/*.sql"]
user = "1000"
dockerfile = "Dockerfile"
tag = "registry.example.org/team/penguins"
""",
    "Schedule": """
cron = "0 3 * * 1-5"
timezone = "Europe/Zurich"
""",
    "TypeSpec": """
type = "integer"
enum = ["small", "large"]
minimum = 0
maximum = 1
pattern = "[a-z]+"
items = { type = "text" }
description = "How fast it learns"
""",
    "Retry": """
attempts = 3
delay = "10s"
factor = 2
max-delay = "5m"
on = [75, 137]
""",
    "Resources": """
cpu = 0.5
memory = "4Gi"
gpu = 1
gpu-type = "NVIDIA-A100-SXM4-40GB"
disk = "10Gi"
shm = "1Gi"
""",
    "Container": """
image = "alpine:3.20"
command = ["/bin/convert"]
args = ["--input", "${table}"]
""",
    "Stub": "returns = { rows = 344 }",
    "Range": "range = [1, 10]",
    "Glob": 'glob = "data/*.csv"',
    "ItemsFile": 'file = "islands.json"',
    "Repeat": """
until = "loss < 0.01"
max = 20
as = "round"
delay = "30s"
""",
    "OnFailure": """
run = "tell"
recover = "skip"
""",
    "Return": """
name = "accuracy"
kind = "metric"
type = "integer"
serialiser = "torch"
from = "train.accuracy"
""",
    "FileReturn": """
name = "accuracy"
from = "train.accuracy"
""",
    "Input": 'path = "data/*.csv"',
    "Output": """
path = "plots/loss.csv"
kind = "plot"
x = "epoch"
y = ["train", "test"]
""",
    "SecretFile": 'name = "deploy-key"',
    "Runtime": """
type = "conda"
file = "environment.yml"
""",
    "Cache": """
code = ["src/**/*.py"]
ignore = ["verbose"]
expires = "7d"
""",
}
SAME = {"Defaults": "Step", "ProfileDefaults": "Step", "Overlay": "Step", "Template": "Step", "Included": "Pipeline"}


@cache
def examples(table: str) -> dict[str, str]:
    """Key -> example, for a table of the language by the name of its class; {} for any other table."""
    found: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", TEXTS.get(SAME.get(table, table), "").strip()):
        for text in [block] if block.startswith("[") else block.splitlines():
            key = re.split(r"[.\]]", text[1:])[0] if text.startswith("[") else text.partition(" = ")[0]
            found[key.strip('"')] = text
    return found
