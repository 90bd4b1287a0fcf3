"""A small set of sentences with answers of every kind, some hostile, and what a page's data counts in it."""

import json
from collections.abc import Callable
from pathlib import Path

from nerforge.evaluation.reports.report_data import Report
from nerforge.evaluation.reports.report_run import ReportOptions, make_report
from nerforge.evaluation.reports.row_columns import KINDS, UNIT_FIELDS, AnswerColumns
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.scores.score_run import ScoreOptions, run_score

HOSTILE = "</script><script>window.hit=1</script><img src=x onerror='window.hit=2'>\u202egnp\u0007\u2028"
NAMES = {"PER": "人名", "ORG": "组织", "GPE": "地理实体", "LOC": "地点"}


def entity(label: str, text: str, start: int) -> dict[str, object]:
    return {"label": label, "text": text, "start": start, "end": start + len(text)}


def answer(*named: tuple[str, str]) -> str:
    rows = [{"entity_text": text, "entity_label": NAMES.get(label, label)} for label, text in named]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) or "没有找到任何实体"


TEXTS = {
    "right": ("王芳在济南工作", [entity("PER", "王芳", 0), entity("GPE", "济南", 3)]),
    "label": ("李明访问山东大学", [entity("PER", "李明", 0), entity("ORG", "山东大学", 4)]),
    "boundary": ("赵敏到青岛港", [entity("PER", "赵敏", 0), entity("LOC", "青岛港", 3)]),
    "missed": (
        "孙丽去了泰山和曲阜",
        [entity("PER", "孙丽", 0), entity("LOC", "泰山", 4), entity("GPE", "曲阜", 7)],
    ),
    "nothing": ("今天下雨", []),
    "invented": ("昨天放晴", []),
    "cut": (
        "周洋从烟台到威海",
        [entity("PER", "周洋", 0), entity("GPE", "烟台", 3), entity("GPE", "威海", 6)],
    ),
    "noise": ("吴刚在北京", [entity("PER", "吴刚", 0), entity("GPE", "北京", 3)]),
    "absent": ("郑爽在上海", [entity("PER", "郑爽", 0), entity("GPE", "上海", 3)]),
    "rtl": ("محمد صلاح在开罗", [entity("PER", "محمد صلاح", 0), entity("GPE", "开罗", 10)]),
    f"id{HOSTILE}": (f"冯军说{HOSTILE}", [entity("PER", "冯军", 0)]),
}
METAS = {
    "right": {"source": "web", "template": "who-where"},
    "label": {HOSTILE: HOSTILE, "template": HOSTILE},
}
ANSWERS = {
    "right": answer(("PER", "王芳"), ("GPE", "济南")),
    "label": answer(("PER", "李明"), ("GPE", "山东大学")),
    "boundary": "```json\n" + answer(("PER", "赵敏"), ("LOC", "青岛")) + "\n```",
    "missed": answer(("PER", "孙丽"), ("星球", "曲阜")),
    "nothing": answer(),
    "invented": answer(("GPE", "火星")),
    "cut": answer(("PER", "周洋"), ("GPE", "烟台"))[:-20] + '{"entity_text": "威',
    "noise": "???",
    f"id{HOSTILE}": answer(("PER", "冯军"), ("ORG", HOSTILE)),
    "rtl": answer(("PER", "محمد"), ("GPE", "开罗")),
}
OTHERS = ANSWERS | {
    "label": answer(("PER", "李明"), ("ORG", "山东大学")),
    "right": answer(("PER", "王芳")),
    "absent": "x",
}


def write_case(
    folder: Path,
    answers: dict[str, str] = ANSWERS,
    name: str = "a",
    why: bool = False,
    confidence: bool = False,
) -> Path:
    """Write gold, training gold and predictions, score them, and give the score file."""
    write_gold(folder)
    pred = folder / f"{name}.jsonl"
    write_answers(pred, answers, confidence)
    return write_scores(folder, pred, folder / f"{name}.json", why)


def write_run(folder: Path) -> Path:
    """Write a run with two checkpoints, answered and scored, and a third without predictions."""
    data, run = folder / "data", folder / "run"
    write_gold(data / "gold")
    run.mkdir()
    (run / "train.yaml").write_text(f"dataset_dir: {data}\n", encoding="utf-8")
    log = [{"current_steps": step, "total_steps": 30, "loss": 30 / step} for step in range(2, 31, 2)]
    _write(run / "trainer_log.jsonl", [*log, {"current_steps": 30, "total_steps": 30, "eval_loss": 1.5}])
    for checkpoint, answers in (("checkpoint-10", OTHERS), ("checkpoint-20", {}), ("checkpoint-30", ANSWERS)):
        pred = run / "predictions" / checkpoint / "test.jsonl"
        out = run / "scores" / checkpoint / "test.json"
        pred.parent.mkdir(parents=True)
        out.parent.mkdir(parents=True)
        write_answers(pred, answers or {"right": "???"}, confidence=True)
        write_scores(data / "gold", pred, out, why=True)
    (run / "predictions" / "checkpoint-20" / "test.jsonl").unlink()
    (run / "best_checkpoint").write_text("checkpoint-30\n", encoding="utf-8")
    return run


def write_gold(folder: Path) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    rows = [
        {"id": key, "text": text, "entities": found, "meta": METAS.get(key, {})}
        for key, (text, found) in TEXTS.items()
    ]
    _write(folder / "test.jsonl", rows)
    _write(
        folder / "train.jsonl",
        [{"id": "t", "text": "王芳到曲阜", "entities": [entity("PER", "王芳", 0), entity("LOC", "曲阜", 3)]}],
    )


def write_answers(path: Path, answers: dict[str, str], confidence: bool = False) -> None:
    rows: list[dict[str, object]] = [{"id": key, "output": output} for key, output in answers.items()]
    if confidence:
        rows = [row | {"logprobs": _logprobs(str(row["output"]), at)} for at, row in enumerate(rows)]
    _write(path, rows)


def _logprobs(output: str, seed: int) -> dict[str, object]:
    """Make one token of each character, the later ones less sure."""
    values = [-0.001 * ((seed * 37 + at * at) % 901) for at in range(len(output))]
    return {"bytes": [len(c.encode()) for c in output], "logprobs": values, "stop": -0.01}


def write_scores(gold: Path, pred: Path, out: Path, why: bool = False) -> Path:
    options = ScoreOptions(
        gold=gold / "test.jsonl",
        pred=pred,
        task="ccfbdci",
        answer_format="json",
        out=out,
        n_bootstrap=20,
        why=why,
    )
    run_score(options)
    return out


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def scores_of(path: Path) -> Scores:
    from nerforge.evaluation.scores.score_file import read_scores

    scores = read_scores(path)
    assert isinstance(scores, Scores)
    return scores


def report_of(path: Path, **options: object) -> Report:
    return make_report(ReportOptions(source=path, task="ccfbdci", **options)).report  # type: ignore[arg-type]


Unit = dict[str, int]


def units_of(columns: AnswerColumns) -> list[Unit]:
    size = len(UNIT_FIELDS)
    parts = (columns.units[at : at + size] for at in range(0, len(columns.units), size))
    return [dict(zip(UNIT_FIELDS, part, strict=True)) for part in parts]


def count(report: Report, test: Callable[[Unit], bool]) -> int:
    """Count the units of all chunks that pass."""
    return sum(test(unit) for chunk in report.chunks for unit in units_of(chunk.a))


def is_right(unit: Unit) -> bool:
    return KINDS[unit["kind"]] == "right"
