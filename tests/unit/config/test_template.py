"""The printed configuration: complete, commented, and the same when read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import Field

from rowmill.api.config import ConfigDraft
from rowmill.api.template import config_json_schema, config_yaml
from rowmill.core.errors import SpecError
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.model.spec import Section, Spec
from rowmill.model.text import parse_yaml
from rowmill.run.settings import RunSettings


def printed(draft: ConfigDraft) -> str:
    return config_yaml("payments", PaymentsSpec, draft.stated())


def test_the_default_reads_back_as_the_default(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(printed(ConfigDraft(PaymentsSpec)))
    draft = ConfigDraft(PaymentsSpec)
    draft.add_file(file)

    assert draft.finish().data == PaymentsSpec()
    assert draft.finish().run == RunSettings()


def test_an_end_over_the_printed_default_still_means_thirty_days(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(printed(ConfigDraft(PaymentsSpec)))
    draft = ConfigDraft(PaymentsSpec)
    draft.add_file(file)
    draft.add_flags({"data.end": ("--end", "2026-03-30")})

    assert draft.finish().data == PaymentsSpec(end="2026-03-30")


def test_what_was_set_is_printed_and_reads_back(tmp_path: Path) -> None:
    first = ConfigDraft(PaymentsSpec)
    first.add_assignments(
        ["data.rows=1e3", "data.kinds.grocery.share=7", "run.partition_by=month", "data.nulls.mcc_code=0"]
    )
    file = tmp_path / "c.yaml"
    file.write_text(printed(first))
    second = ConfigDraft(PaymentsSpec)
    second.add_file(file)

    assert second.finish() == first.finish()


def test_every_key_stands_under_its_meaning() -> None:
    text = printed(ConfigDraft(PaymentsSpec))
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


class Prices(Section):
    currency: str = "EUR"
    """Currency."""
    level: float = Field(gt=0)
    """Level of prices."""


class Shop(Spec):
    """A spec of which two keys must be given."""

    customers: int = Field(gt=0)
    """Number of customers."""
    prices: Prices
    """Prices."""


def laid(*assignments: str) -> ConfigDraft:
    draft = ConfigDraft(Shop)
    draft.add_assignments(assignments)
    return draft


def test_keys_that_must_be_given_are_printed_as_such_and_refused_until_they_are(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(config_yaml("shop", Shop, ConfigDraft(Shop).stated()))
    text = file.read_text()

    assert "  # Number of customers. Must be given: it has no default.\n  customers: null\n" in text
    assert "    currency: EUR\n" in text
    assert "    level: null\n" in text
    draft = ConfigDraft(Shop)
    draft.add_file(file)
    with pytest.raises(SpecError, match=r"data\.customers: got null"):
        draft.finish()
    draft.add_assignments(["data.customers=5", "data.prices={level: 2}"])
    assert draft.finish().data == Shop(customers=5, prices=Prices(level=2))


def test_what_is_given_stands_beside_what_is_not_yet_and_breaks_no_rule() -> None:
    assert laid("data.customers=5").stated()["data"] == {"seed": None, "customers": 5, "inputs": {}, "prices": None}
    for wrong, message in (
        ("data.customers=0", "data.customers: got 0"),
        ("data.costumers=5", "data.costumers: unknown key"),
        ("data.prices.level=0", "data.prices.level: got 0"),
        ("data.prices.currency=USD", "data.prices: lacks"),
    ):
        with pytest.raises(SpecError, match=message):
            laid(wrong).stated()


def test_editors_are_told_which_keys_must_be_given() -> None:
    schema = json.loads(config_json_schema(Shop))

    assert schema["required"] == ["data"]
    assert schema["$defs"]["Shop"]["required"] == ["customers", "prices"]
    assert "required" not in json.loads(config_json_schema(PaymentsSpec))
