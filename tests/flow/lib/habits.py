# SPDX-License-Identifier: Apache-2.0
"""
What `dbtls check --clients` says of the endpoints of the lab, against docs/lab-clients.md, which has
what the clients themselves did there.
"""
from lab_clients import UNSTEADY, read_page

COLUMNS = ("version", "connects", "must", "should", "advisory")
# Where check can't know it: why. It says "unknown" there.
UNKNOWABLE = {
    "amazon-class2": "Python 3.13 refuses that chain, the page has 3.11; nothing says which is used",
}


def measured():
    """Of each client the cells of its row."""
    _, rows, _, _ = read_page()
    return {name.strip("`"): dict(zip(COLUMNS, cells)) for name, cells in rows.items()
            if not name.startswith("`T")}


def expected(cells, row):
    """"connects" or "refuses"; None: nobody has tried."""
    cell = cells[row.weight if row.expect == "refuse" else "connects"]
    if cell == "–" or row.name in UNSTEADY:
        return None
    departs = f"`{row.name}`" in cell
    return "connects" if (row.expect == "refuse") == departs else "refuses"


def is_as_measured(row, wanted, outcome):
    if row.name in UNKNOWABLE and outcome == "unknown":
        return True
    return wanted in (None, outcome)


def differences(found):
    """How many were compared, and which differ. found: (row, what check says) of each endpoint."""
    page, compared, differ = measured(), 0, []
    for row, said in found:
        for c in said.get("clients", []):
            wanted = expected(page[c["client"]], row) if c["client"] in page else None
            compared += wanted is not None
            if not is_as_measured(row, wanted, c["outcome"]):
                differ.append((row.name, row.protocol, c["client"], wanted, c["outcome"], c["why"]))
    return compared, differ


def missing(found):
    """Who was measured, and is not in the table."""
    said = {c["client"] for _, said in found for c in said.get("clients", [])}
    return sorted(measured().keys() - said)
