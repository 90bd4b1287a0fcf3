"""``nerforge explain``: what a code of the doctor means, and what is right in its place."""

from pathlib import Path

import click


@click.command()
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option(
    "--lang", type=click.Choice(("en", "zh")), default="en", show_default=True, help="Language of the texts."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the examples into DIR/CODE/wrong and right."
)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def command(codes: tuple[str, ...], lang: str, out: Path | None, as_json: bool) -> None:
    """Explain codes of the doctor: what each means, why it matters, a wrong and a right example.

    Without a CODE all of them are listed.
    """
    # These import the doctor and rich; --help needs neither.
    from nerforge.cli.printing.explain_output import (
        code_list_json,
        explanation_json,
        print_codes,
        print_explanation,
    )
    from nerforge.cli.printing.output import print_json
    from nerforge.cli.printing.printed_lines import print_message
    from nerforge.llamafactory_configs.doctor.explaining.explanations import (
        explain,
        explained_codes,
        write_examples,
    )

    explanations = [explain(code) for code in codes or explained_codes()]
    if out is not None:
        for explanation in explanations:
            for path in write_examples(explanation, out / explanation.code):
                print_message(f"wrote {path}")
    if as_json:
        to_json = explanation_json if codes else code_list_json
        print_json([to_json(explanation, lang) for explanation in explanations])
    elif codes:
        for explanation in explanations:
            print_explanation(explanation, lang)
    else:
        print_codes(explanations, lang)
