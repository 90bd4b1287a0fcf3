"""The prompt with which the pairs of a corpus were asked, for rows that are to ask in the same words."""

from collections import Counter
from collections.abc import Iterable

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.aligning.answer_evidence import AnswerEvidence
from nerforge.generators.corpora.aligning.answer_reader import AnswerReader
from nerforge.templates.frames import PromptFrame
from nerforge.templates.prompts import Prompt, literal_prompt
from nerforge.templates.tasks import Task

OWN = "own"
"""What names it."""
_N_TOLD = 3
_LENGTH = 40


def find_own_prompt(
    pairs: Iterable[tuple[AnswerEvidence, AnswerReader]], task: Task, answer_format: str | None
) -> Prompt:
    """Make the prompt that all pairs share.

    Args:
        pairs: What is known of the pairs of each file.
        task: Their task.
        answer_format: The format that is asked for; None for that of the pairs.

    Raises:
        UsageError: the files hold no pairs, pairs without a prompt or with several, or answers in another
            format than is asked for.
    """
    # Instruction 标注实体 apart from the text 句子：小王来了 with the frame 句子：| gives the prompt
    # 标注实体\n句子：, as the rows of the corpus have it.
    frames: Counter[PromptFrame] = Counter()
    formats = set()
    for evidence, reader in pairs:
        if evidence.n_pairs:
            formats.add(reader.format_name)
        for (instruction, is_system), n in evidence.instructions.items():
            before = f"{instruction}\n" if instruction and not is_system else ""
            system = instruction if is_system else None
            frames[PromptFrame(system, before + reader.around.before, reader.around.behind)] += n
    if not any(frame.text for frame in frames):
        raise UsageError(
            f"--prompt {OWN}: the rows of the input have no instruction; choose another --prompt"
        )
    if len(frames) > 1:
        told = [f"{frame.text[:_LENGTH]!r} ({n} rows)" for frame, n in frames.most_common(_N_TOLD)]
        raise UsageError(
            f"--prompt {OWN}: rows are asked in {len(frames)} different ways, such as {', '.join(told)}; "
            "choose another --prompt for all, or make a data set of each kind"
        )
    [name] = formats if len(formats) == 1 else [None]
    if name is None or answer_format not in (None, name):
        written = " and ".join(sorted(formats))
        raise UsageError(
            f"--prompt {OWN}: its answers are {written}, and it asks for these; "
            f"omit --format {answer_format or ''} or choose another --prompt".replace("  ", " ")
        )
    return literal_prompt(OWN, next(iter(frames)), task, name)
