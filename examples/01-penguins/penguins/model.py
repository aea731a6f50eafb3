"""A model for one island, and the choice among islands."""

import json
from pathlib import Path

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

MEASURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
FOLDS = RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=0)


def train(tidy: Path, island: str, log: Path, score: Path) -> tuple[float, Pipeline, str]:
    """Accuracy over folds, the model fitted to all penguins of the island, and the island."""
    table = pd.read_csv(tidy)
    here = table[table["island"] == island]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    folds = cross_val_score(model, here[MEASURES], here["sex"], cv=FOLDS)
    accuracy = float(folds.mean())
    Path(log).write_text("".join(f"fold {n}: {fold:.3f}\n" for n, fold in enumerate(folds, 1)))
    Path(score).write_text(json.dumps({"island": island, "penguins": len(here), "accuracy": accuracy}))
    return accuracy, model.fit(here[MEASURES], here["sex"]), island


def best(accuracy: list[float], model: list[Pipeline], place: list[str]) -> tuple[float, Pipeline, str]:
    """The island whose model is right most often."""
    winner = max(range(len(accuracy)), key=accuracy.__getitem__)
    return accuracy[winner], model[winner], place[winner]


def weigh(model: Pipeline) -> dict[str, float]:
    """How much each measure counts in a model."""
    return dict(zip(MEASURES, (round(float(weight), 3) for weight in model[-1].coef_[0]), strict=True))
