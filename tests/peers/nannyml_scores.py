"""CBPE of the installed NannyML on its bundled data sets: `python nannyml_scores.py FILE` writes
what it was given and what it found."""

from __future__ import annotations

import sys
import warnings

import numpy as np

CHUNK = 5000
METRICS = ["roc_auc", "average_precision", "f1", "precision", "recall", "specificity", "accuracy"]
CLASSES = ["highstreet_card", "prepaid_card", "upmarket_card"]
PARTS = ("value", "sampling_error", "lower_threshold", "upper_threshold")


def binary(nannyml):  # type: ignore[no-untyped-def]
    reference, analysis, _ = nannyml.load_synthetic_car_loan_dataset()
    given = {
        side: {
            "scores": frame[["y_pred_proba"]].to_numpy().T,
            "predictions": frame["y_pred"].to_numpy(),
        }
        for side, frame in (("reference", reference), ("analysis", analysis))
    }
    given["reference"]["targets"] = reference["repaid"].to_numpy()
    estimator = nannyml.CBPE(
        y_pred_proba="y_pred_proba",
        y_pred="y_pred",
        y_true="repaid",
        problem_type="classification_binary",
        metrics=[*METRICS, "confusion_matrix"],
        chunk_size=CHUNK,
    )
    counts = ["true_positive", "true_negative", "false_positive", "false_negative"]
    return given, estimator.fit(reference).estimate(analysis), [*METRICS, *counts]


def multiclass(nannyml):  # type: ignore[no-untyped-def]
    reference, analysis, _ = nannyml.load_synthetic_multiclass_classification_dataset()
    columns = [f"y_pred_proba_{name}" for name in CLASSES]
    given = {
        side: {
            "scores": frame[columns].to_numpy().T,
            "predictions": np.searchsorted(CLASSES, frame["y_pred"].to_numpy().astype(str)),
        }
        for side, frame in (("reference", reference), ("analysis", analysis))
    }
    codes = np.searchsorted(CLASSES, reference["y_true"].to_numpy().astype(str))
    given["reference"]["targets"] = codes
    estimator = nannyml.CBPE(
        y_pred_proba=dict(zip(CLASSES, columns)),  # noqa: B905
        y_pred="y_pred",
        y_true="y_true",
        problem_type="classification_multiclass",
        metrics=[*METRICS, "confusion_matrix"],
        chunk_size=CHUNK,
    )
    cells = [f"true_{i}_pred_{j}" for i in CLASSES for j in CLASSES]
    return given, estimator.fit(reference).estimate(analysis), [*METRICS, *cells]


def main(path: str) -> None:
    import nannyml

    nannyml.disable_usage_logging()
    found: dict[str, np.ndarray] = {}
    for name, case in (("binary", binary), ("multiclass", multiclass)):
        given, result, metrics = case(nannyml)
        for side, columns in given.items():
            for column, values in columns.items():
                found[f"{name}/{side}/{column}"] = np.asarray(values, float)
        frame = result.filter(period="analysis").to_df()
        for metric in metrics:
            for part in PARTS:
                values = frame[(metric, part)].to_numpy()
                found[f"{name}/{metric}/{part}"] = np.asarray(values, float)
    np.savez(path, **found)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1])
