"""The fast writer's oracle: the same files, row by row, as one would write them without hurry.

It draws the same rows as the fast writer (``drawing/``); samples, answers, ids and JSON are its own.
"""

import json

import numpy as np

from nerforge.generators.rows.row_shapes import RowTurns
from nerforge.generators.slots.drawing.noise import CHANNELS, Noise
from nerforge.generators.slots.language.pieces import compose
from nerforge.templates.answers import load_format

_MASK = 2**64 - 1
_STEP = 0x9E3779B97F4A7C15


def plain_files(domain, plan, task, answer_format, frame, shape, *, is_jsonl):
    """Give alpaca file and gold file of each split, as bytes."""
    coder = load_format(answer_format)
    files = {}
    for name in plan.splits:
        samples = list(_samples(domain, plan, name, task.name))
        rows = [
            json.dumps(
                shape.write(RowTurns(frame.system, frame.user_turn(s.text), coder.encode(s, task.schema))),
                ensure_ascii=False,
            )
            for s in samples
        ]
        alpaca = "".join(f"{row}\n" for row in rows) if is_jsonl else "[\n" + ",\n".join(rows) + "\n]\n"
        files[name] = alpaca.encode(), "".join(map(_gold_line, samples)).encode()
    return files


def _samples(domain, plan, name, task_name):
    split, grammar = plan.splits[name], plan.grammar
    noise = Noise(domain, grammar, split)
    for position in range(split.n_rows):
        here = np.array([position])
        row = noise.add(split.rows(here), here)
        pieces = [grammar.pool[number] for number in row.pieces[0].tolist() if number]
        meta = {"template": grammar.templates[split.strata[row.stratum[0]].template].name}
        for piece in pieces:
            if piece.date:
                meta |= {"date_class": piece.date.name, "date": [piece.date.first, piece.date.last]}
            if piece.n_readings > 1:
                meta |= {"readings": piece.n_readings, "left_open": list(piece.left_open)}
        if row.channels[0]:
            meta["noise"] = [channel for bit, channel in enumerate(CHANNELS) if row.channels[0] >> bit & 1]
        sample_id = f"{task_name}-{split.first + position:06d}-{_digest(pieces) >> 32:08x}"
        yield compose(sample_id, pieces, meta)


def _gold_line(sample):
    entities = [{"label": e.label, "text": e.text, "start": e.start, "end": e.end} for e in sample.entities]
    line = {"id": sample.id, "text": sample.text, "entities": entities, "meta": sample.meta}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def _digest(pieces):
    """Hash a sentence: the sum of its pieces' hashes, each mixed with where the piece starts."""
    start = total = 0
    for piece in pieces:
        own = sum(_mix(ord(character) + at * _STEP) for at, character in enumerate(piece.text))
        total += _mix(own + start * _STEP)
        start += len(piece.text)
    return _mix(total)


def _mix(value):
    z = (value + _STEP) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
