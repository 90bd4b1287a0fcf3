"""Send tasks through doccano's own import and export: ``PYTHON doccano_loop.py TASKS LABELS OUT``.

PYTHON is that of an environment with doccano 1.8.4, which NERForge is not installed in. A project of sequence
labelling is made in an SQLite file in OUT, LABELS are imported as its page does, then TASKS; OUT/NAME.jsonl
is what doccano exports of each member. Prints a JSON object with what doccano refused.
"""

import json
import os
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MEMBERS = ("anna", "ben")
"""The first one imports the tasks, so that the entities are hers."""


def set_up(folder: Path) -> None:
    """Start Django with a database and files of its own."""
    spec = find_spec("backend")
    assert spec is not None and spec.submodule_search_locations is not None
    sys.path.insert(0, next(iter(spec.submodule_search_locations)))
    (folder / "media").mkdir(parents=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "DATABASE_URL": f"sqlite:///{folder / 'doccano.db'}",
        "MEDIA_ROOT": str(folder / "media"),
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def new_project() -> tuple[Any, list[Any]]:
    """Make a project whose members each label by themselves, with entities in one another."""
    from django.contrib.auth.models import User
    from projects.models import Member, SequenceLabelingProject
    from roles.models import Role

    users = [User.objects.create_user(name, password="of-no-use") for name in MEMBERS]
    project = SequenceLabelingProject.objects.create(
        name="round trip", project_type="SequenceLabeling", created_by=users[0], allow_overlapping=True
    )
    role, _ = Role.objects.get_or_create(name="project_admin")
    for user in users:
        Member.objects.create(user=user, project=project, role=role)
    return project, users


def import_labels(project: Any, labels: Path) -> None:
    """Do what the page for labels does with an uploaded file."""
    from label_types.serializers import SpanTypeSerializer
    from label_types.views import camel_to_snake_dict

    rows = [camel_to_snake_dict(row) for row in json.loads(labels.read_text("utf-8"))]
    serializer = SpanTypeSerializer(data=rows, many=True)
    serializer.is_valid(raise_exception=True)
    serializer.save(project_id=project.id)


def import_tasks(project: Any, user: Any, tasks: Path) -> Any:
    """Upload tasks and import them as JSONL."""
    from data_import.celery_tasks import import_dataset
    from django.core.files import File
    from django_drf_filepond.models import TemporaryUpload
    from django_drf_filepond.utils import _get_file_id

    upload_id = _get_file_id()
    with tasks.open("rb") as file:
        TemporaryUpload.objects.create(
            upload_id=upload_id,
            file_id="1",
            file=File(file, tasks.name),
            upload_name=tasks.name,
            upload_type="F",
        )
    said = import_dataset(
        user.id, project.id, "JSONL", [upload_id], "SequenceLabeling", encoding="utf_8", column_label="label"
    )
    return said["error"]


def main(tasks: Path, labels: Path, out: Path) -> None:
    """Import and export."""
    set_up(out)
    project, users = new_project()
    import_labels(project, labels)
    refused = import_tasks(project, users[0], tasks)
    from data_export.celery_tasks import export_dataset
    from label_types.models import SpanType

    with zipfile.ZipFile(export_dataset(project.id, "JSONL", confirmed_only=False)) as archive:
        archive.extractall(out)
    colours = {one.text: one.background_color for one in SpanType.objects.filter(project=project)}
    print(json.dumps({"refused": refused, "colours": colours}))


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
