"""All sentences: every problem that this program can name, one entry a code, one file a family.

A sentence is lower-case, has no full stop and puts names in backticks. A hint says what to write; it is left out when
an argument that it names is not given (`did you mean {near}` without a near word). `{{` and `}}` are braces.
A code is never used for something else, and never given a second time; a test reads these files for that.

Families: E1 text, E2 keys, names and values, E3 graph and files, E4 parameters, references and conditions,
E5 profiles and layers, E6 capabilities and reachability (exit code 3); E7 environment and stores (4); E8 plug-ins (5);
E9 usage (2). W is a warning, its digits follow the same families.
"""

from __future__ import annotations

from runner.text.catalogue.capabilities import CAPABILITIES
from runner.text.catalogue.code import Code
from runner.text.catalogue.files import FILES
from runner.text.catalogue.graph import GRAPH
from runner.text.catalogue.names import NAMES
from runner.text.catalogue.parameters import PARAMETERS
from runner.text.catalogue.places import PLACES
from runner.text.catalogue.plugins import PLUGINS
from runner.text.catalogue.profiles import PROFILES
from runner.text.catalogue.usage import USAGE

__all__ = ["CODES", "Code"]

CODES: dict[str, Code] = FILES | NAMES | GRAPH | PARAMETERS | PROFILES | CAPABILITIES | PLACES | PLUGINS | USAGE
