#!/usr/bin/env python3
"""deploy: services, ports and topics are the same in every place that names them"""
import json
import os
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
FAULTS = []


def fault(text):
    FAULTS.append(text)
    print(text)


def rows(path):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]


def text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


services = {r[0]: r for r in rows("deploy/services.tsv")}
compose = text("docker-compose.yml")
kubernetes = text("deploy/kubernetes/20-services.yaml")
prometheus = text("deploy/prometheus/prometheus.yml")
env = text("deploy/services.sh")

for name, row in services.items():
    if len(row) != 3:
        fault(f"deploy/services.tsv: {name}: want three columns")
        continue
    settings = dict(re.findall(r"--(api-port|ops-port)=\{(\d+)\}", row[2]))
    places = {"docker-compose.yml": compose}
    if name != "payersim":
        places["deploy/kubernetes/20-services.yaml"] = kubernetes
    for place, content in places.items():
        part = re.search(rf"^  {name}:\n(.*?)(?=^  \w+:\n|\Z|^\w)" if place.startswith("docker") else
                         rf"^kind: StatefulSet\nmetadata: {{name: {name},.*?(?=^---|\Z)", content, re.S | re.M)
        if not part:
            fault(f"{place}: has no {name}, deploy/services.tsv has")
            continue
        for setting, port in settings.items():
            if f"--{setting}={port}" not in part.group(0):
                fault(f"{place}: {name}: want --{setting}={port}, as in deploy/services.tsv")
    if "ops-port" in settings and f'["127.0.0.1:{settings["ops-port"]}"], labels: {{service: {name}}}' not in prometheus:
        fault(f"deploy/prometheus/prometheus.yml: does not scrape {name} at {settings['ops-port']}")
    if "api-port" in settings and f"$(({settings['api-port']} + p))" not in env:
        fault(f"deploy/services.sh: write_env has no address for {name} at {settings['api-port']}")
    for role in re.findall(r"secrets/pp_(\w+?)(?:_read)?\.password", row[2]):
        if role not in {r[0] for r in rows("deploy/postgres/schemas.tsv")}:
            fault(f"deploy/postgres/schemas.tsv: has no {role}, whose password {name} wants")

topics = {r[0] for r in rows("deploy/topics.tsv")}
for r in rows("schemas/catalogue.tsv"):
    if r[1].startswith("pa.") and r[1] not in topics:
        fault(f"deploy/topics.tsv: has no {r[1]}, which carries {r[0]}")
for topic in re.findall(r'#define PP_TOPIC_\w+ "([^"]+)"', text("common/service/engine.h")):
    if topic not in topics:
        fault(f"deploy/topics.tsv: has no {topic}")

# What is installed and what the image installs to build are one list.
wanted = {r[1] for r in rows("deploy/packages.txt") if r[0] == "run"}
dockerfile = text("deploy/Dockerfile")
for package in sorted(wanted - {"postgresql"}):
    if not re.search(rf"(?<![\w-]){re.escape(package)}(?![\w-])", dockerfile):
        fault(f"deploy/Dockerfile: does not install {package} of deploy/packages.txt")
json.loads(text("deploy/grafana/priorpath.json"))
metrics = set(re.findall(r"\bpp_[a-z_]+", prometheus + text("deploy/prometheus/alerts.yml") + text("deploy/grafana/priorpath.json")))
code = ""
for folder, _, files in os.walk("."):
    if folder.startswith(("./common", "./services")):
        code += "".join(text(os.path.join(folder, f)) for f in files if f.endswith(".c"))
for metric in sorted(metrics):
    if metric not in code and re.sub(r"_(bucket|sum|count)$", "", metric) not in code:
        fault(f"deploy: the metric {metric} is watched, but nothing writes it")
print(f"{len(services)} processes, {len(topics)} topics, {len(metrics)} metrics compared")
sys.exit(1 if FAULTS else 0)
