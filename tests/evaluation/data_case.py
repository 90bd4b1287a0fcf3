"""A small data set of our own sentences with every fault that its page tells, some of it hostile."""

import json
from pathlib import Path
from typing import Any

from nerforge.api.data_sets.data_pages import DataPageOptions, make_data_page
from nerforge.evaluation.reports.data_sets.data_report import DataReport
from tests.evaluation.report_case import HOSTILE

PROMPT = "找出人名和地名。\n"
HOSTILE_LABEL = f"标{HOSTILE}"


def entity(label: str, text: str, start: int | None, end: int | None = None) -> dict[str, Any]:
    stop = None if start is None else end or start + len(text)
    return {"label": label, "text": text, "start": start, "end": stop}


LONG = "我们在海边走了很久，看见渔船一只一只地回来，岸上的人都在等，孩子们也在等。"
NESTED = [entity("ORG", "青岛市供电公司", 0), entity("GPE", "青岛市", 0), entity("LOC", "市供", 2)]
SPLITS: dict[str, list[tuple[str, str, list[dict[str, Any]]]]] = {
    "train": [
        ("t1", "王芳在济南工作", [entity("PER", "王芳", 0), entity("GPE", "济南", 3)]),
        ("t2", "王芳在济南工作", [entity("PER", "王芳", 0)]),
        ("t3", "青岛市供电公司来电", NESTED),
        ("t4", "今天下雨", []),
        ("t5", "今天下雨", []),
        ("t6", LONG, []),
        ("t7", "济南是一个姓名", [entity("PER", "济南", 0)]),
        (f"id{HOSTILE}", f"冯军说{HOSTILE}", [entity(HOSTILE_LABEL, "冯军", 0)]),
    ],
    "dev": [
        ("d1", "王芳在济南工作", [entity("PER", "王芳", 0), entity("GPE", "济南", 3)]),
        ("d2", LONG.replace("孩子", "孙子"), [entity("PER", "孙子", LONG.index("孩子"))]),
        ("d3", " 烟台市\u3000很美\u200b", [entity("GPE", "烟台", 1, 4), entity("GPE", "山东", None)]),
    ],
    "test": [
        ("x1", "李明到了烟台", [entity("PER", "李明", 0), entity("GPE", "烟台", 4)]),
        ("x2", "", []),
    ],
}


def row_of(text: str, entities: list[dict[str, Any]]) -> dict[str, str]:
    answer = "；".join(f"{x['label']}:{x['text']}" for x in entities) or "没有"
    return {"system": "你标注实体。", "instruction": f"{PROMPT}{text}", "input": "", "output": answer}


def write_data(folder: Path) -> Path:
    """Write a dataset directory as ``generate`` does, as far as it is read."""
    data = folder / "data"
    (data / "gold").mkdir(parents=True)
    info = {}
    for split, rows in SPLITS.items():
        name = "ner" if split == "train" else f"ner_{split}"
        gold = [
            {"id": i, "text": t, "entities": e, "meta": {"of": HOSTILE if "id" in i else split}}
            for i, t, e in rows
        ]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in gold)
        (data / "gold" / f"{split}.jsonl").write_text(lines, encoding="utf-8")
        trained = json.dumps([row_of(t, e) for _, t, e in rows], ensure_ascii=False)
        (data / f"{name}.json").write_text(trained, encoding="utf-8")
        columns = {"prompt": "instruction", "query": "input", "response": "output", "system": "system"}
        info[name] = {"file_name": f"{name}.json", "columns": columns}
    (data / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    manifest = {"schema_version": 1, "task": "ccfbdci", "answer_format": "json", "seed": 1}
    (data / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return data


def data_report(data: Path, **options: Any) -> DataReport:
    return make_data_page(DataPageOptions(source=str(data), **options)).report
