"""Words joined as their languages are written, each at its place; nothing else than spaces is added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.corpora.reading.tokens.detokenising import TokenStyle, find_style, join_tokens
from nerforge.generators.corpora.reading.tokens.token_places import align_tokens, join_as_told

WORDS = TokenStyle(are_words=True)


def joined(sentence, style=WORDS):
    return join_tokens(sentence.split(), style).text


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("road ( car or bus ) or rail", "road (car or bus) or rail"),
        ("Rita came , saw : nothing ; left .", "Rita came, saw: nothing; left."),
        ('He said , " I do n\'t know . " Then left .', 'He said, "I don\'t know." Then left.'),
        ("a ' quoted ' word", "a 'quoted' word"),
        ("the dogs ' bone", "the dogs' bone"),
        ("it ' s hers , isn ’ t it ?", "it's hers, isn’t it?"),
        ("We 're gon na win 5 % of $ 20", "We're gonna win 5% of $20"),
        ("at 10 : 30 on U.S. soil", "at 10:30 on U.S. soil"),
        ("hello :) world", "hello :) world"),
        ("pro - life and / or", "pro - life and / or"),
        ("state @-@ of @-@ the @-@ art", "state-of-the-art"),
        ('" Open at the start', '"Open at the start'),
        ('closed at the end "', 'closed at the end"'),
        ('a lone " inside it', 'a lone " inside it'),
        ("L' homme d' État", "L'homme d'État"),
        ("„ Haus “ und “ Hof ”", "„Haus“ und “Hof”"),
        ("Это « слово » .", "Это «слово»."),
        ("¿ Qué pasa ? ¡ Hola !", "¿Qué pasa? ¡Hola!"),
        ("السلام ، عليكم ؟", "السلام، عليكم؟"),
        ("नमस्ते दुनिया ।", "नमस्ते दुनिया।"),
        ("Ông Thạch ở Đà Nẵng", "Ông Thạch ở Đà Nẵng"),
        ("Анна живёт в Туле", "Анна живёт в Туле"),
        ("김민수는 부산에 산다 .", "김민수는 부산에 산다."),
        ("Η Άννα ήρθε .", "Η Άννα ήρθε."),
        ("דנה גרה בחיפה .", "דנה גרה בחיפה."),
        ("A B", "A B"),
    ],
)
def test_words_are_joined_as_they_are_written(tokens, text):
    assert joined(tokens) == text


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("2 0 2 4 年", "2024年"),
        ("王芳 在 青岛", "王芳在青岛"),
        ("COVID 19 疫苗 已 到 济南", "COVID 19疫苗已到济南"),
        ("ฉัน อยู่ กรุงเทพ", "ฉันอยู่กรุงเทพ"),
        ("私 は iPhone を 買った", "私はiPhoneを買った"),
        ("在 New York City", "在New York City"),
    ],
)
def test_scripts_without_spaces_get_none(tokens, text):
    assert join_tokens(tokens.split()).text == text


def test_characters_of_a_file_of_characters_stay_together():
    style = find_style(["王 芳 2 0 岁".split(), "A B".split(), "C D".split()])
    assert joined("A B", style) == "AB"


def test_one_letter_words_of_a_file_of_words_are_apart():
    style = find_style(["Rita came home late".split(), "A B".split()])
    assert joined("A B", style) == "A B"


@pytest.mark.parametrize(
    ("tokens", "text", "note"),
    [
        ("`` Wait '' -LRB- she said -RRB-", '"Wait" (she said)', "penn_treebank_escape"),
        ("and\\/or more", "and/or more", "penn_treebank_escape"),
        ("twenty @-@ one times", "twenty-one times", "moses_escape"),
    ],
)
def test_escapes_are_turned_back_and_noted(tokens, text, note):
    found = join_tokens(tokens.split(), WORDS)
    assert (found.text, note in found.notes) == (text, True)


def test_vietnamese_words_get_their_spaces_back():
    tokens = "Ông Nguyễn_Văn_Thạch ở Đà_Nẵng".split()
    found = join_tokens(tokens, find_style([tokens]))
    assert found.text == "Ông Nguyễn Văn Thạch ở Đà Nẵng"
    assert found.text[found.starts[1] : found.ends[1]] == "Nguyễn Văn Thạch"
    assert found.notes == ("underscore_for_space", "underscore_for_space", "words_joined")


def test_underscores_of_other_languages_stay():
    tokens = "my snake_case name".split()
    assert join_tokens(tokens, find_style([tokens])).text == "my snake_case name"


def test_hyphens_that_a_tokenizer_takes_out_of_all_words_are_put_back():
    sentences = [x.split() for x in ["a well - known man", "twenty - one days", "his ex - wife left"] * 4]
    assert joined("a well - known man", find_style(sentences)) == "a well-known man"
    for unsure in ([*sentences, "a well-known man".split()], sentences[:3]):
        assert joined("Porto - Lisbon", find_style(unsure)) == "Porto - Lisbon"


@pytest.mark.parametrize(
    "tokens",
    ["Rita was play ##ing in Por ##to .", "▁Rita ▁was ▁play ing ▁in ▁Por to ."],
    ids=["bert", "unigram"],
)
def test_pieces_of_words_are_joined_and_noted(tokens):
    found = join_tokens(tokens.split(), find_style([tokens.split()]))
    assert found.text == "Rita was playing in Porto."
    assert "word_piece" in found.notes
    assert [found.text[found.starts[n] : found.ends[n]] for n in (2, 3)] == ["play", "ing"]


@given(st.lists(st.text(min_size=1, max_size=4), max_size=8), st.booleans())
def test_every_token_stands_at_its_place(tokens, are_words):
    text, starts, ends, notes = join_tokens(tokens, TokenStyle(are_words=are_words))
    found = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    if not any("escape" in note for note in notes):
        assert found == tokens
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.text(min_size=1, max_size=4), max_size=8), st.booleans())
def test_tokens_are_found_in_the_text_that_was_made_of_them(tokens, are_words):
    made = join_tokens(tokens, TokenStyle(are_words=are_words))
    found = align_tokens(tokens, made.text)
    if not any(note.endswith("escape") for note in made.notes) and all(map(str.strip, tokens)):
        assert found is not None
        assert (list(found.starts), list(found.ends)) == (list(made.starts), list(made.ends))


def test_a_text_that_says_something_else_is_not_taken():
    assert align_tokens(["Rita", "left"], "Rita has left") is None
    assert align_tokens(["Rita"], "Rita left") is None


def test_a_text_tells_the_white_space_and_what_is_escaped():
    found = align_tokens(["-LRB-", "Rita", "\\n", "left"], "( Rita\n  left ")
    assert found is not None
    assert list(zip(found.starts, found.ends, strict=True)) == [(0, 1), (2, 6), (6, 7), (9, 13)]


def test_a_file_that_tells_the_spaces_is_believed():
    found = join_as_told(["Ri", "ta", "!", "!"], [False, True, False, True])
    assert (found.text, list(found.starts), list(found.ends)) == ("Rita !!", [0, 2, 5, 6], [2, 4, 6, 7])
