"""One part of the readings, less those of broken thermometers, in degrees Celsius."""

import csv
import json
import os

with open(os.environ["RUNNER_PARAMS"]) as file:
    given = json.load(file)
with open(given["part"]) as part, open(given["done"], "w", newline="") as done:
    rows = csv.writer(done, lineterminator="\n")
    rows.writerow(["station", "day", "hour", "celsius"])
    for row in csv.DictReader(part):
        fahrenheit = float(row["fahrenheit"])
        if fahrenheit < 130:
            rows.writerow([row["station"], row["day"], row["hour"], round((fahrenheit - 32) / 1.8, 1)])
