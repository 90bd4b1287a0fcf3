from pathlib import Path

import pytest

from nerforge.cli.printing.data_sets.corpus_output import print_corpus_stats, stats_lines
from nerforge.generators.corpora.statistics.corpus_counter import take_statistics
from nerforge.generators.manifests.corpus_statistics import CorpusStatistics
from nerforge.templates.domain import Entity, Sample

PRINTED = """
Entities by label  train  test  all     %                          
sym                    5     0    5  62.5  ████████████████████████
dis                    1     1    2  25.0  ██████████              
bod                    1     0    1  12.5  █████                   

Rows by characters  train  test  all      %                          
1–9                     7     1    8  100.0  ████████████████████████

Rows by number of entities  train  test  all     %                          
0                               1     0    1  12.5  ████                    
1                               5     1    6  75.0  ████████████████████████
2                               1     0    1  12.5  ████                    

Entities inside another (pairs that cross: 0)  train  test  all     %                          
bod in dis                                         1     0    1  12.5  ████████████████████████

Entities by label and characters  2  4
sym                               5   
dis                               1  1
bod                               1   

Surfaces with several labels: 1  usual label  other              
发热                                       5      1  sym 5, dis 1

Entities also left unlabelled: 1  labelled  not
发热                                     6    1

labelled in several ways: 1 of 3 surfaces; of their 6 mentions 1 have not the usual label
left unlabelled: 1 of 1 surfaces that are labelled 5 times or more, 1 times
drawn in out/stats.png and out/stats.svg
"""


def sample(text: str, *entities: tuple[str, int, int]) -> Sample:
    made = tuple(Entity(label, text[start:end], start, end) for label, start, end in entities)
    return Sample("s-1", text, made)


def take(*samples: Sample) -> CorpusStatistics:
    return take_statistics(lambda: [("train", each) for each in samples])


def without_columns(printed: str) -> list[str]:
    """Give the lines without the widths of columns, which differ from one version of rich to another."""
    return [" ".join(line.split()) for line in printed.splitlines()]


@pytest.fixture
def statistics() -> CorpusStatistics:
    samples = [
        *[("train", sample("患者发热", ("sym", 2, 4)))] * 5,
        ("train", sample("肺部感染", ("dis", 0, 4), ("bod", 0, 2))),
        ("train", sample("今天没有人发热。")),
        ("test", sample("发热", ("dis", 0, 2))),
    ]
    return take_statistics(lambda: samples)


def test_every_count_is_printed_with_where_it_is_drawn(
    statistics: CorpusStatistics, capsys: pytest.CaptureFixture[str]
) -> None:
    print_corpus_stats(statistics, [Path("out/stats.png"), Path("out/stats.svg")])
    assert without_columns(capsys.readouterr().out) == without_columns(PRINTED)


def test_a_narrow_terminal_gets_the_counts_without_bars(
    statistics: CorpusStatistics, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nerforge.cli.printing.output.PIPE_WIDTH", 80)
    monkeypatch.setenv("COLUMNS", "80")
    print_corpus_stats(statistics)
    printed = capsys.readouterr().out
    assert "█" not in printed
    assert "sym 5 0 5 62.5" in without_columns(printed)


@pytest.mark.parametrize(
    ("key", "change", "line"),
    [
        (
            "surfaces",
            {"mentions_not_followed": 1234},
            "surfaces not followed: 1,234 mentions, of very long ones or of those after the first 200,000",
        ),
        (
            "unlabelled",
            {"surfaces_labelled_often": 12_000, "surfaces_searched": 10_000},
            "left unlabelled: 1 of 12,000 surfaces that are labelled 5 times or more, 1 times; "
            "only the 10,000 most frequent were looked for",
        ),
    ],
    ids=["surfaces", "searched"],
)
def test_a_bound_that_was_reached_is_told(
    statistics: CorpusStatistics, key: str, change: dict[str, int], line: str
) -> None:
    assert line not in list(stats_lines(statistics))
    for name, n in change.items():
        setattr(getattr(statistics, key), name, n)
    assert line in list(stats_lines(statistics))


def test_unlabelled_places_that_were_not_looked_for_are_not_said_to_be_none(
    statistics: CorpusStatistics,
) -> None:
    statistics.unlabelled = None
    assert "left unlabelled: not looked for" in list(stats_lines(statistics))


def test_overlaps_that_an_answer_format_may_not_carry_are_told() -> None:
    lines = list(stats_lines(take(sample("甲乙丙丁", ("a", 0, 3), ("b", 0, 3), ("a", 2, 4)))))
    assert lines[2:] == ["spans with several labels: 1", "pairs of entities that cross: 2"]


@pytest.mark.parametrize("surface", ["[bold]", "[/]", "a\nb"], ids=["markup", "closing tag", "line end"])
def test_a_surface_of_any_characters_is_printed_in_one_line(
    surface: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_corpus_stats(take(*(sample(surface, (label, 0, len(surface))) for label in "pq")))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.endswith("p 1, q 1")]
    assert line.startswith(surface.replace("\n", "\\n"))
