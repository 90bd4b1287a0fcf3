"""What may be wrong with rows of turns, which LLaMA-Factory drops, fails at, or trains on otherwise."""

from nerforge.llamafactory_configs.doctor.faults import fault

OTHER_TAGS = fault(
    "D117",
    "error",
    "turns are not called as the tags say, so LLaMA-Factory fails or drops the row",
    "write the names that rows use under tags",
)
BAD_TURNS = fault(
    "D118",
    "error",
    "turns do not alternate between user and assistant up to an answer; LLaMA-Factory drops the row",
    "give a system turn at most, then user and assistant by turns",
)
MISPLACED_SYSTEM = fault(
    "D119",
    "error",
    "a system turn is not the first one, or tags have no system_tag; LLaMA-Factory drops the row",
    "give one system turn, first, and list system_tag",
)
NO_TURNS = fault(
    "D120",
    "error",
    "the column of turns holds no list of turns, so loading fails",
    "give the row turns, or remove it",
)
NOT_TEXT_TURN = fault(
    "D121",
    "error",
    "the content of a turn or of the system column is not a string, so loading or encoding fails",
    "write a string, and an empty answer as a sentence that says so",
)
EMPTY_TURN = fault(
    "D122",
    "warning",
    "a turn before the last two is empty, and is trained on",
    "fill the turn, or remove it with its answer",
)
BAD_TOOLS = fault(
    "D123",
    "error",
    "tools or a call of one are not what LLaMA-Factory reads: JSON written as a string; encoding fails",
    'write tools as a string such as "[{...}]", and a call as {"name": ..., "arguments": ...}',
)
BAD_PAIR = fault(
    "D124",
    "error",
    "chosen or rejected is no answer of the assistant, so LLaMA-Factory fails, or drops or confuses the row",
    "give each as one turn of the assistant (in alpaca rows as a string)",
)
TWO_SYSTEMS = fault(
    "D126",
    "warning",
    "a system turn stands beside the system column, which is not read then",
    "keep one of the two",
)
LOST_RESULT = fault(
    "D127", "warning", "the result of a tool stands last, and is dropped", "end with the answer to it"
)
