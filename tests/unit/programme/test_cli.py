"""`workshop series import|export|grant`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from tests.builders import build_organiser
from tests.unit.programme.test_bad_files import GOOD
from tests.unit.programme.values import no_answers
from workshop.accounts.models import SeriesRole
from workshop.core.language import speaking
from workshop.programme.cli import make_group
from workshop.programme.models import Series, WorkshopSession


def run(*arguments: str) -> Result:
    with speaking("en"):
        return CliRunner().invoke(make_group(no_answers), arguments)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "essai.yaml"
    path.write_text(GOOD, "utf-8")
    return path


def test_import_says_what_is_new_and_grants_its_owner(session: Session, file: Path) -> None:
    organiser = build_organiser(session)
    session.commit()
    result = run("import", str(file), "--owner", organiser.email)
    assert result.exit_code == 0, result.output
    assert "New series: essai" in result.output
    assert f"{organiser.email} now owns the series essai." in result.output
    assert session.scalar(sa.select(SeriesRole.organiser_id)) == organiser.id


def test_a_dry_run_stores_nothing(session: Session, file: Path) -> None:
    result = run("import", str(file), "--dry-run")
    assert result.exit_code == 0, result.output
    assert "This was a dry run: nothing was stored." in result.output
    assert session.scalar(sa.select(Series.id)) is None


def test_a_bad_file_is_named_line_by_line(session: Session, file: Path) -> None:
    file.write_text(GOOD.replace("Europe/Paris", "Mars").replace("kind: talk", "kind: speech"), "utf-8")
    result = run("import", str(file))
    assert result.exit_code == 1
    assert f'{file}:8: series.timezone: "Mars": This is not a time zone, such as Europe/Paris.' in result.output
    assert f'{file}:21: sessions[0].programme[0].items[0].kind: "speech": Possible values: talk, ' in result.output
    assert session.scalar(sa.select(Series.id)) is None


@pytest.mark.databases("sqlite")
def test_an_unknown_owner_stores_nothing(session: Session, file: Path) -> None:
    result = run("import", str(file), "--owner", "nobody@example.org")
    assert result.exit_code == 1
    assert "There is no organiser nobody@example.org." in result.output
    assert session.scalar(sa.select(Series.id)) is None


@pytest.mark.databases("sqlite")
def test_export_to_standard_output_and_to_a_file(session: Session, file: Path, tmp_path: Path) -> None:
    run("import", str(file))
    shown = run("export", "essai")
    assert shown.output.startswith("workshop: 1\n")
    target = tmp_path / "private.yaml"
    assert run("export", "essai", str(target), "--private").exit_code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_text("utf-8") == shown.output
    assert "Nothing changes" in run("import", str(target)).output
    assert run("export", "unknown").exit_code == 1


@pytest.mark.databases("sqlite")
def test_grant(session: Session, file: Path) -> None:
    organiser = build_organiser(session)
    run("import", str(file))
    session.commit()
    assert run("grant", "essai", organiser.email).exit_code == 0
    assert session.scalar(sa.select(SeriesRole.role)) == "owner"


@pytest.mark.databases("sqlite")
def test_grant_gives_any_role_and_a_partner_an_organisation(session: Session, file: Path) -> None:
    owner, other = build_organiser(session), build_organiser(session)
    run("import", str(file), "--owner", owner.email)
    session.commit()

    def roles() -> dict[str, str]:
        session.expire_all()
        return {row[0].value: row[1] for row in session.execute(sa.select(SeriesRole.role, SeriesRole.organisation))}

    assert run("grant", "essai", other.email, "--role", "partner").exit_code == 2
    assert run("grant", "essai", other.email, "--role", "helper").exit_code == 2
    assert run("grant", "essai", other.email, "--role", "helper", "--session", "unknown").exit_code == 2
    assert run("grant", "essai", other.email, "--role", "boss").exit_code == 2
    result = run("grant", "essai", other.email, "--role", "partner", "--organisation", "Réseau")
    assert f"{other.email} is now a partner of the series essai." in result.output
    assert roles() == {"owner": "", "partner": "Réseau"}
    assert run("grant", "essai", other.email, "--role", "organiser").exit_code == 0
    assert roles() == {"owner": "", "organiser": ""}
    door = session.scalars(sa.select(WorkshopSession).order_by(WorkshopSession.id)).first()
    assert door is not None
    assert run("grant", "essai", other.email, "--role", "helper", "--session", door.slug).exit_code == 0
    held = session.scalars(sa.select(SeriesRole).where(SeriesRole.organiser_id == other.id)).one()
    assert (held.workshop_session_id, held.expires_at) == (door.id, door.ends_at + timedelta(days=1))
    assert run("grant", "essai", other.email, "--role", "organiser").exit_code == 0
    refused = run("grant", "essai", owner.email, "--role", "translator")
    assert (refused.exit_code, "no owner any more" in refused.output) == (1, True)
    assert roles() == {"owner": "", "organiser": ""}
