"""What is written fast is what ``compose`` and the answer format would write, row by row."""

import json
import shutil

import numpy as np
import pytest

from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.generators.rows.row_shapes import ROW_SHAPES, RowTurns
from nerforge.generators.slots.domain.slot_domain import POWER, read_domain
from nerforge.generators.slots.drawing.holdout import divide
from nerforge.generators.slots.drawing.noise import CHANNELS, Noise
from nerforge.generators.slots.drawing.plan import make_plan
from nerforge.generators.slots.generate import select
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.language.pieces import compose
from nerforge.generators.slots.surfaces import collect_surfaces
from nerforge.generators.slots.writing.rendering import Writer
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.frames import PromptFrame
from nerforge.templates.tasks import with_surfaces

NO_SHARES = {"dev": 0.0, "test": 0.0}
FRAME = PromptFrame(before='Ask "what"\\\n查询：\n')
AWKWARD = (
    ("A<B>县供电公司", "甲&amp;乙供电所"),
    ('"引号"区供电公司', "反\\斜\\n供电所"),
    ("中[外]县供电公司", "丙|丁供电所"),
    ("</City>市供电公司", "[City:戊]供电所"),
    ("寻常县供电公司", "甲&amp;乙供电所"),
)


class Rendered:
    """Rows of a domain, as they are written and as they should be."""

    def __init__(self, domain, policy="omit", n_rows=3_000):
        self.grammar = build_grammar(domain, policy)
        division = divide(domain, self.grammar, "random", NO_SHARES, 5)
        plan = make_plan(self.grammar, division, n_rows, shares=NO_SHARES, negatives=0.05, seed=5)
        self.split = plan.splits["train"]
        self.positions = np.arange(n_rows)
        self.rows = Noise(domain, self.grammar, self.split).add(
            self.split.rows(self.positions), self.positions
        )
        self.schema = with_surfaces(domain.task, collect_surfaces(self.grammar)).schema

    def write(self, answer_format, frame=FRAME, shape="alpaca"):
        """Give the lines of both files, and a hash of each text."""
        writer = Writer(self.grammar, self.schema, answer_format, frame, "power", shape=ROW_SHAPES[shape])
        written = writer.write(self.split, self.rows, self.positions)
        alpaca, gold = b"".join(written.alpaca), b"".join(written.gold)
        return alpaca.splitlines(keepends=True), gold.splitlines(), written.sentences.digests

    def sample(self, at, sample_id):
        pieces = [self.grammar.pool[number] for number in self.rows.pieces[at] if number]
        template = self.grammar.templates[self.split.strata[self.rows.stratum[at]].template]
        meta = {"template": template.name}
        for piece in pieces:
            if piece.date:
                meta |= {"date_class": piece.date.name, "date": [piece.date.first, piece.date.last]}
            if piece.n_readings > 1:
                meta |= {"readings": piece.n_readings, "left_open": list(piece.left_open)}
        channels = [name for bit, name in enumerate(CHANNELS) if self.rows.channels[at] >> bit & 1]
        return compose(sample_id, pieces, meta | ({"noise": channels} if channels else {}))

    def assert_written(self, answer_format, frame=FRAME, shape="alpaca"):
        rows, lines, _ = self.write(answer_format, frame, shape)
        coder = load_format(answer_format)
        assert len(rows) == len(lines) == len(self.positions)
        for at, (alpaca, gold) in enumerate(zip(rows, lines, strict=True)):
            sample = self.sample(at, json.loads(gold)["id"])
            assert gold + b"\n" == b"".join(encode_gold([sample]))
            user, answer = frame.user_turn(sample.text), coder.encode(sample, self.schema)
            row = ROW_SHAPES[shape].write(RowTurns(frame.system, user, answer))
            assert alpaca == json.dumps(row, ensure_ascii=False).encode() + b"\n"


@pytest.fixture(scope="module")
def shandong():
    return Rendered(read_domain())


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    """A table with characters that JSON, tags and brackets escape."""
    table = tmp_path_factory.mktemp("awkward") / "places.csv"
    lines = [
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in ("山东省", "菏泽", *row))
        for row in AWKWARD
    ]
    table.write_text("\n".join(["province,city,company,substation", *lines]), encoding="utf-8")
    return Rendered(read_domain(tables={"places": table}, shared_names=True), n_rows=1_500)


@pytest.mark.whole
@pytest.mark.parametrize("answer_format", FORMATS)
def test_rows_are_written_as_the_format_encodes_them(shandong, answer_format):
    shandong.assert_written(answer_format)


@pytest.mark.whole
@pytest.mark.parametrize("answer_format", FORMATS)
def test_characters_with_a_meaning_are_escaped_as_the_format_escapes_them(awkward, answer_format):
    awkward.assert_written(answer_format)


@pytest.mark.whole
@pytest.mark.parametrize("shape", ROW_SHAPES)
@pytest.mark.parametrize("system", [None, 'Say "all"\\\n'])
def test_rows_of_every_shape_are_written_as_they_are_row_by_row(awkward, shape, system):
    awkward.assert_written("json", PromptFrame(system, '文本{{ "text" }}：', '\n\ufdd0"答"：'), shape)


@pytest.mark.whole
@pytest.mark.parametrize("policy", ["first", "all", "drop"])
@pytest.mark.parametrize("answer_format", ["json", "xml"])
def test_rows_of_every_policy_are_written_as_the_format_encodes_them(policy, answer_format):
    domain = select(read_domain(), values={"city": ["德州", "东营"]})
    Rendered(domain, policy, 1_500).assert_written(answer_format)


def test_the_rows_that_were_compared_have_every_noise_and_loose_answers(shandong):
    samples = [shandong.sample(at, "") for at in shandong.positions]
    noise = {name for sample in samples for name in sample.meta.get("noise", ())}
    assert noise == set(CHANNELS)
    inferred_last = [s for s in samples if s.entities and s.entities[-1].span is None]
    between = [
        s
        for s in samples
        if any(
            not a.span and b.span and b.label == "Indicator"
            for a, b in zip(s.entities, s.entities[1:], strict=False)
        )
    ]
    assert not inferred_last
    assert between
    assert sum(not s.entities for s in samples) == 150


@pytest.mark.whole
def test_ids_are_position_and_content(shandong):
    gold = [json.loads(line) for line in shandong.write("xml")[1]]
    assert [row["id"][:13] for row in gold] == [f"power-{at:06d}-" for at in range(len(gold))]
    assert len({row["id"][13:] for row in gold}) == len(gold)


def test_equal_texts_have_equal_digests_and_others_do_not(shandong):
    _, lines, digests = shandong.write("xml")
    texts = [json.loads(line)["text"] for line in lines]
    assert len(set(digests.tolist())) == len(set(texts)) == len(texts)


@pytest.mark.whole
def test_a_name_that_is_longer_than_any_sentence_is_written_whole(tmp_path):
    shutil.copytree(POWER, tmp_path / "d")
    name = "长" * 5_000
    (tmp_path / "d" / "shandong.csv").write_text(
        f"province,city,company,substation\n山东省,菏泽,{name}县供电公司,麒麟供电所\n", encoding="utf-8"
    )
    Rendered(read_domain(tmp_path / "d"), n_rows=300).assert_written("xml")
