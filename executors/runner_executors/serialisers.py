"""The serialisers that come with runner-up: objects between Python steps. Each is a module with `dump` and `load` that
only steps import, so its library has to be where they run."""

from __future__ import annotations

from runner.plugins import Flavor

PICKLE = Flavor("pickle", None, "pickle", about="The standard library's; whatever Python can take apart.")
CLOUDPICKLE = Flavor("cloudpickle", None, "cloudpickle", about="As pickle, with functions and classes of the script.")
JOBLIB = Flavor("joblib", None, "joblib", about="As pickle, made for models with large arrays.")
NUMPY = Flavor("numpy", None, "runner.agent.as_numpy", about="Arrays, as .npy.")
PANDAS = Flavor("pandas", None, "runner.agent.as_pandas", about="Tables of pandas, as Parquet.")
POLARS = Flavor("polars", None, "runner.agent.as_polars", about="Tables of polars, as Parquet.")
TORCH = Flavor("torch", None, "runner.agent.as_torch", about="Tensors, and the state of models.")
