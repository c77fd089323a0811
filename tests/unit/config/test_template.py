"""The printed configuration: complete, commented, and the same when read back."""

from __future__ import annotations

import json
from pathlib import Path

from rowmill.api.config import Draft
from rowmill.api.template import config_json_schema, config_yaml
from rowmill.api.text import parse_yaml
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.model.spec import Section
from rowmill.run.settings import RunSettings


def printed(draft: Draft) -> str:
    return config_yaml("payments", PaymentsSpec, draft.stated())


def test_the_default_reads_back_as_the_default(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(printed(Draft(PaymentsSpec)))
    draft = Draft(PaymentsSpec)
    draft.add_file(file)

    assert draft.finish().data == PaymentsSpec()
    assert draft.finish().run == RunSettings()


def test_an_end_over_the_printed_default_still_means_thirty_days(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(printed(Draft(PaymentsSpec)))
    draft = Draft(PaymentsSpec)
    draft.add_file(file)
    draft.add_flags({"data.end": ("--end", "2026-03-30")})

    assert draft.finish().data == PaymentsSpec(end="2026-03-30")


def test_what_was_set_is_printed_and_reads_back(tmp_path: Path) -> None:
    first = Draft(PaymentsSpec)
    first.add_assignments(
        ["data.rows=1e3", "data.kinds.grocery.share=7", "run.partition_by=month", "data.nulls.mcc_code=0"]
    )
    file = tmp_path / "c.yaml"
    file.write_text(printed(first))
    second = Draft(PaymentsSpec)
    second.add_file(file)

    assert second.finish() == first.finish()


def test_every_key_stands_under_its_meaning() -> None:
    text = printed(Draft(PaymentsSpec))
    plain = parse_yaml(text, "text")
    comments = " ".join(line.strip().removeprefix("# ") for line in text.splitlines() if line.strip().startswith("#"))

    def check(section: type[Section], values: dict[str, object]) -> None:
        assert list(values) == list(section.model_fields)
        for name, field in section.model_fields.items():
            assert " ".join((field.description or "missing").split()) in comments, name
            if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
                check(field.annotation, values[name])

    check(PaymentsSpec, plain["data"])
    check(RunSettings, plain["run"])


def test_the_json_schema_knows_both_sections_and_refuses_other_keys() -> None:
    schema = json.loads(config_json_schema(PaymentsSpec))

    assert set(schema["properties"]) == {"data", "run"}
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]["PaymentsSpec"]["properties"]) == set(PaymentsSpec.model_fields)
    assert schema["$defs"]["RunSettings"]["properties"]["workers"]["description"]
