"""What stands around a sentence, as a prompt's file, --turn and --prefix say it."""

import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.templates.frames import PromptFrame
from nerforge.templates.prompts import Example, render_prompt
from nerforge.templates.tasks import load_task

NEWS = load_task("ccfbdci")
AWKWARD = "甲{{ labels }}{% if %}\x07\\n<b>&\n 乙 "


def frame_of(tmp_path, source, turn="user", prefix=None):
    path = tmp_path / "mine.jinja"
    path.write_text(source, encoding="utf-8")
    return render_prompt(NEWS, "json", str(path), turn, prefix).frame


@pytest.mark.parametrize(
    ("source", "turn", "prefix", "frame"),
    [
        ("标注：\n", "user", None, (None, "标注：\n", "")),
        ("标注：\n", "system", None, ("标注：", "", "")),
        ("标注：\n", "user", "文本:", (None, "标注：\n文本:", "")),
        ("标注：\n", "system", "文本:", ("标注：", "文本:", "")),
        ("标注「{{ text }}」里的实体\n", "user", None, (None, "标注「", "」里的实体")),
        ("标注：{{ text }}", "user", "文本:", (None, "标注：文本:", "")),
        (
            "{% block system %}\n标注\n{% endblock %}\n{% block user %}文本:{{ text }}{% endblock %}\n",
            "user",
            None,
            ("标注", "文本:", ""),
        ),
        ("{% block system %}标注{% endblock %}", "user", "句:", ("标注", "句:", "")),
        ("{% block system %}标注{% endblock %}", "system", None, ("标注", "", "")),
        ("{% block user %}标注{% endblock %}", "user", None, (None, "标注\n", "")),
        (
            "{% set n = labels | length %}{% block system %}{{ n }} 类{% endblock %}"
            "{% block user %}{{ n }}：\n\n{{ text }}\n\n答：\n{% endblock %}",
            "user",
            None,
            ("4 类", "4：\n\n", "\n\n答："),
        ),
        ("{% if not has_prefix %}文本：{% endif %}标", "user", "句:", (None, "标\n句:", "")),
        ("{{ turn }}", "system", None, ("system", "", "")),
    ],
)
def test_a_file_says_what_stands_around_the_sentence_in_either_turn(tmp_path, source, turn, prefix, frame):
    assert frame_of(tmp_path, source, turn, prefix) == PromptFrame(*frame)


@pytest.mark.parametrize(
    ("source", "turn", "message"),
    [
        ("{{ text }}和{{ text }}", "user", r"places the sentence 2 times; place \{\{ text \}\} once"),
        ("标注 {{ text }}", "system", "the sentence would stand in the system turn"),
        ("{% block system %}{{ text }}{% endblock %}", "user", "the sentence would stand in the system turn"),
        ("前言{% block user %}标注{% endblock %}", "user", "text stands outside of the blocks .*'前言'"),
        ("{{ text[:3] }}", "user", "mine.jinja: "),
        ("{{ text | length }}", "user", "mine.jinja: TypeError"),
        (
            "标注 {{ text | upper }}{{ text }}",
            "user",
            r"changes the sentence; \{\{ text \}\} can only be placed",
        ),
        ("标注 {{ text | upper }}", "user", "changes the sentence"),
        ("{{ text.start }}", "user", "mine.jinja: UndefinedError"),
        ("{{ sentence }}", "user", "mine.jinja: UndefinedError"),
        ("{% block user %}{{ text }}{% endblock %}", "user", "is empty"),
    ],
)
def test_a_file_that_cannot_place_the_sentence_is_refused(tmp_path, source, turn, message):
    with pytest.raises(UserError, match=message):
        frame_of(tmp_path, source, turn)


def test_the_turn_that_is_asked_for_must_be_in_a_file_that_says_its_turns(tmp_path):
    with pytest.raises(UsageError, match="has no block `system`, as --turn system asks for"):
        frame_of(tmp_path, "{% block user %}标注{% endblock %}", "system")


@pytest.mark.parametrize("text", [AWKWARD, "", "\ufdd0sentence\ufdd1", "文本:"])
def test_a_sentence_is_put_in_and_taken_out_as_it_stands(tmp_path, text):
    frame = frame_of(tmp_path, "标注「{{ text }}」", prefix="文本:")
    assert frame.user_turn(text) == f"标注「文本:{text}」"
    assert frame.sentence(frame.user_turn(text)) == text


def test_another_frame_holds_no_sentence():
    frame = PromptFrame(None, "甲：", "：甲")
    assert [frame.sentence(turn) for turn in ("乙：", "甲：乙", "甲：甲", "甲：：甲")] == [
        None,
        None,
        None,
        "",
    ]


def test_examples_are_shown_where_the_file_shows_them_around_the_sentence(tmp_path):
    path = tmp_path / "mine.jinja"
    path.write_text("标注 {{ text }}{% for e in examples %}[{{ e.text }}]{% endfor %}", encoding="utf-8")
    prompt = render_prompt(NEWS, "json", str(path))
    assert prompt.fill(examples=[Example("甲{{ x }}", "")]) == PromptFrame(None, "标注 ", "[甲{{ x }}]")
    assert (prompt.turn, prompt.text) == ("user", "标注")


@pytest.mark.parametrize("task", ["power", "ccfbdci", "cmeee", "fudan"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_prefix_takes_the_place_of_what_our_prompts_say_before_the_sentence(task, language):
    spoken = load_task(task).spoken(language)
    plain, own = (
        render_prompt(spoken, "json", "full", "user", prefix).frame.before for prefix in (None, "S:")
    )
    system = render_prompt(spoken, "json", "full", "system", "S:").frame
    assert own == f"{system.system}\nS:" and system.before == "S:"
    assert plain.startswith(f"{system.system}\n")
    assert plain.endswith(("：\n", ":\n"))
