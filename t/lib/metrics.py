# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Reads Prometheus text on standard input with the parser of its own client
library and writes what it found to a file, as JSON; dies of what is no such
text, of a metric without type, and of a series that stands twice."""
import json
import sys

from prometheus_client.parser import text_string_to_metric_families

found = {}
for family in text_string_to_metric_families(sys.stdin.read()):
    if family.type not in ("counter", "gauge") or not family.documentation:
        sys.exit(f"{family.name}: {family.type} '{family.documentation}'")
    for sample in family.samples:
        labels = " ".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
        name = f"{sample.name} {labels}".strip()
        if name in found:
            sys.exit(f"{name} stands twice")
        found[name] = sample.value
if not found:
    sys.exit("nothing was found")
with open(sys.argv[1], "w", encoding="ascii") as out:
    json.dump(found, out)
