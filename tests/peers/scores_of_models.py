"""What ranx and torchmetrics score on the columns of a file of NumPy's:
`python tests/peers/scores_of_models.py INPUT.npz OUTPUT.json`, in .venv-scores."""

from __future__ import annotations

import json
import sys

import numpy as np
import torch
from ranx import Qrels, Run, evaluate
from torchmetrics.functional import classification as tm

RANKED = ("ndcg", "ndcg@5", "ndcg_burges@5", "map", "map@5", "mrr", "mrr@5", "precision@5",
          "recall@5", "hit_rate@5", "f1@5")  # fmt: skip


def rankings(relevance, score, query):
    truth, run = {}, {}
    for place, (gain, own, name) in enumerate(zip(relevance, score, query, strict=True)):
        key = f"q{name}"
        truth.setdefault(key, {})
        run.setdefault(key, {})[f"d{place}"] = float(own)
        if gain > 0:
            truth[key][f"d{place}"] = int(gain)
    return evaluate(Qrels(truth), Run(run), list(RANKED))


def calibration(target, p):
    t, q = torch.tensor(target), torch.tensor(p)
    return {
        f"{name},{bins}": float(tm.binary_calibration_error(q, t, n_bins=bins, norm=norm))
        for name, norm in (("ece", "l1"), ("mce", "max"))
        for bins in (10, 15)
    }


def of_classes(target, p):
    """Scores of several classes, by average."""
    t, q = torch.tensor(target), torch.tensor(p)
    classes = p.shape[1]
    functions = {
        "precision": tm.multiclass_precision,
        "recall": tm.multiclass_recall,
        "specificity": tm.multiclass_specificity,
        "f1": tm.multiclass_f1_score,
        "jaccard": tm.multiclass_jaccard_index,
        "accuracy": tm.multiclass_accuracy,
    }
    found = {
        f"{name},{average}": float(function(q, t, num_classes=classes, average=average))
        for name, function in functions.items()
        for average in ("micro", "macro", "weighted")
    }
    return found | {
        "mcc": float(tm.multiclass_matthews_corrcoef(q, t, num_classes=classes)),
        "cohen_kappa": float(tm.multiclass_cohen_kappa(q, t, num_classes=classes)),
        "roc_auc": float(tm.multiclass_auroc(q, t, num_classes=classes)),
        "average_precision": float(tm.multiclass_average_precision(q, t, num_classes=classes)),
        "ece": float(tm.multiclass_calibration_error(q, t, num_classes=classes, n_bins=15)),
    }


def main() -> None:
    given = np.load(sys.argv[1])
    found = {
        "ranking": rankings(given["relevance"], given["score"], given["query"]),
        "calibration": calibration(given["target"], given["p"]),
        "classes": of_classes(given["label"], given["of_class"]),
    }
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(
            {kind: {k: float(v) for k, v in own.items()} for kind, own in found.items()}, file
        )


if __name__ == "__main__":
    main()
