"""Log-probabilities of the tokens that transformers' own generation chooses, without keeping its logits."""

from torch import Tensor

from nerforge.evaluation.engines.local.decoding import chosen_logprobs


class GeneratedLogprobs:
    """A processor of logits, the first of all, so that it sees the model's own distribution.

    Which token of a step was chosen shows in the ids of the next: the logits of one step are held meanwhile.
    """

    def __init__(self) -> None:
        """Begin before the first token."""
        self._held: Tensor | None = None
        self._columns: list[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Take the logits of the next token, and leave them as they are."""
        self._settle(input_ids)
        # Processors behind this one may write into them.
        self._held = scores.clone()
        return scores

    def of_rows(self, output_ids: Tensor) -> list[list[float]]:
        """Give the log-probability of each new token, row by row, when the generation has ended.

        Args:
            output_ids: [rows, tokens], prompts and answers.
        """
        self._settle(output_ids)
        self._held = None
        columns = [column.tolist() for column in self._columns]
        return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in output_ids]

    def _settle(self, ids: Tensor) -> None:
        if self._held is not None:
            self._columns.append(chosen_logprobs(self._held, ids[:, -1]))
