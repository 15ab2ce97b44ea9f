"""`trialpool import-decisions`: what Rayyan, Covidence and ASReview hold becomes rows; nothing is overwritten, nothing guessed."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from pathlib import Path

import pytest
from tests.cli.terminal import trialpool
from tests.formats.folders import PLAN, folder

import trialpool as tp
from trialpool.formats.screening_exports import read_screening_export
from trialpool.formats.screening_folder import read_screening

PROTOCOL = """
[screening]
reviewers = 2
reasons = ["other treatment", "wrong population, or none", "no control"]
"""
TITLES = ("Thalidomide after melphalan", "Lenalidomide after transplantation", "Bortezomib in relapse", "Interferon for upkeep")
RIS = "".join(
    f"TY  - JOUR\nTI  - {t}\nAU  - Ames, B.\nPY  - {2010 + n}\nDO  - 10.1000/{n}\nER  - \n\n" for n, t in enumerate(TITLES)
)
HEAD = "record,stage,decision,reason,note,reviewer,time,role"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A review with a search of four records, and no decisions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    made = folder(tmp_path, toml=PLAN + PROTOCOL)
    (made / "search").mkdir()
    (made / "search/embase.ris").write_text(RIS, encoding="utf-8")
    (made / "search/searches.csv").write_text("file,database,date,query,hits\nembase.ris,Embase,2026-01-01,x,4\n", encoding="utf-8")
    return tmp_path


def rayyan(*notes: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["key", "title", "year", "authors", "notes", "doi"])
    writer.writerows([f"rayyan-{n}", TITLES[n], 2010 + n, "Ames, B.", note, f"10.1000/{n}"] for n, note in enumerate(notes))
    return out.getvalue()


BOTH = (
    (
        'seen before | RAYYAN-INCLUSION: {"Maria Kim"=>"Included", "jl"=>"Maybe"} | RAYYAN-LABELS: RCT,new '
        '| USER-NOTES: {"Maria Kim"=>["ask the authors", "see \\"Methods\\", p. 3"]}'
    ),
    'RAYYAN-INCLUSION: {"Maria Kim"=>"Excluded", "jl"=>"Excluded"} | RAYYAN-EXCLUSION-REASONS: Wrong population, or none,foreign',
    'RAYYAN-INCLUSION: {"Maria Kim"=>"Excluded", "jl"=>"Included"}',
    "",
)


def rows(desk, reviewer):
    text = (desk / f"review/screening/decisions-{reviewer}.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == HEAD
    return [
        tuple(row[name] for name in ("record", "stage", "decision", "reason", "note", "time"))
        for row in csv.DictReader(io.StringIO(text))
    ]


def test_a_word_that_is_no_decision_of_rayyan_is_named(desk):
    both = rayyan('RAYYAN-INCLUSION: {"jl"=>"Includded"}', 'RAYYAN-INCLUSION: {"jl"=>"Excluded", "mk"=>"Undecided"}')
    (desk / "articles.csv").write_text(both, encoding="utf-8")
    ran = trialpool("import-decisions", "review", "articles.csv", "--stage", "title-abstract")
    assert "record 1: 'jl' said 'Includded', which is no decision. Correct it" in ran.out + ran.err
    assert "Undecided" not in ran.out + ran.err


def test_decisions_of_rayyan_become_a_file_a_reviewer(desk):
    (desk / "articles.csv").write_text(rayyan(*BOTH), encoding="utf-8")
    asked = ("import-decisions", "review", "articles.csv", "--stage", "title-abstract", "--reviewer", "Maria Kim=mk")
    ran = trialpool(*asked, "--date", "2026-03-01")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "articles.csv (Rayyan): 4 records, 6 decisions.",
        "reviewer  stage           include  exclude  maybe",
        "─────────────────────────────────────────────────",
        "mk        title-abstract        1        2      0",
        "jl        title-abstract        1        1      1",
        "6 decisions added to screening/decisions-mk.csv, screening/decisions-jl.csv.",
        "Where it stands: trialpool progress review",
    ]
    assert rows(desk, "mk") == [
        (
            *("embase.ris#1", "title-abstract", "include", ""),
            'from Rayyan: articles.csv#1; ask the authors; see "Methods", p. 3; labels: RCT,new',
            "2026-03-01",
        ),
        (
            *("embase.ris#2", "title-abstract", "exclude", "wrong population, or none"),
            *("from Rayyan: articles.csv#2; reasons there: foreign", "2026-03-01"),
        ),
        ("embase.ris#3", "title-abstract", "exclude", "", "from Rayyan: articles.csv#3", "2026-03-01"),
    ]
    state = tp.screen_records(*_screening(desk)).state
    assert [found.standing for found in state.at("title-abstract")] == ["include", "exclude", "conflict", "pending"]


def _screening(desk):
    read = read_screening(desk / "review")
    return read.search.records, read.decisions, read.plan.screening


def test_the_second_time_nothing_is_new(desk):
    (desk / "articles.csv").write_text(rayyan(*BOTH), encoding="utf-8")
    asked = ("import-decisions", "review", "articles.csv", "--stage", "title-abstract", "--reviewer", "Maria Kim=mk")
    trialpool(*asked)
    before = (desk / "review/screening/decisions-mk.csv").read_bytes()
    ran = trialpool(*asked)
    assert ran.out.splitlines()[:3] == [
        "articles.csv (Rayyan): 4 records, 6 decisions.",
        "6 stand there already.",
        "No decision was added.",
    ]
    assert (desk / "review/screening/decisions-mk.csv").read_bytes() == before


def test_what_differs_is_kept_apart_and_listed(desk):
    (desk / "review/screening").mkdir()
    (desk / "review/screening/decisions-jl.csv").write_text(
        f"{HEAD}\nembase.ris#2,title-abstract,include,,,jl,2026-02-01,reviewer\n", encoding="utf-8"
    )
    (desk / "articles.csv").write_text(rayyan(*BOTH), encoding="utf-8")
    asked = ("import-decisions", "review", "articles.csv", "--stage", "title-abstract", "--reviewer", "Maria Kim=")
    ran = trialpool(*asked, "--conflicts", "apart.csv")
    assert "1 differ from what the same person decided, and were not taken:" in ran.out
    here = "include of embase.ris#2 (2026-02-01)"
    assert f"  embase.ris#2 by jl, title-abstract: exclude, but {here}: Lenalidomide after transplantation" in ran.out.splitlines()
    assert [row[0] for row in rows(desk, "jl")] == ["embase.ris#2", "embase.ris#1", "embase.ris#3"]
    assert not (desk / "review/screening/decisions-mk.csv").exists()
    (apart,) = csv.DictReader(io.StringIO((desk / "apart.csv").read_text(encoding="utf-8")))
    assert (apart["record"], apart["decision_here"], apart["decision_there"]) == ("embase.ris#2", "include", "exclude")
    assert (
        trialpool(*asked, "--conflicts", "apart.csv").err == "apart.csv is there already. Give another name; nothing was written.\n"
    )


def test_copies_that_were_decided_otherwise_are_both_kept_apart(desk):
    twice = rayyan('RAYYAN-INCLUSION: {"jl"=>"Included"}', 'RAYYAN-INCLUSION: {"jl"=>"Excluded"}').replace(TITLES[1], TITLES[0])
    (desk / "articles.csv").write_text(twice.replace("10.1000/1", "10.1000/0").replace("2011", "2010"), encoding="utf-8")
    ran = trialpool("import-decisions", "review", "articles.csv", "--stage", "title-abstract")
    assert "2 differ from what the same person decided, and were not taken:" in ran.out
    assert not (desk / "review/screening").exists()


def test_records_that_the_review_lacks_are_listed(desk):
    (desk / "articles.csv").write_text(
        rayyan(*BOTH).replace(TITLES[1], "Something else entirely").replace("10.1000/1", "10.9000/9"), encoding="utf-8"
    )
    ran = trialpool("import-decisions", "review", "articles.csv", "--stage", "title-abstract", "--reviewer", "Maria Kim=mk")
    assert "1 records with decisions are not in search/, and were left out:\n  articles.csv#2: Something else entirely\n" in ran.out


def test_what_the_export_does_not_say_must_be_said(desk):
    (desk / "articles.csv").write_text(rayyan(*BOTH), encoding="utf-8")
    ran = trialpool("import-decisions", "review", "articles.csv", "--reviewer", "Mary=mk")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        (
            "articles.csv: an export of Rayyan does not say whether titles and abstracts or full texts were screened. "
            "Say it with --stage: title-abstract or full-text."
        ),
        (
            "articles.csv: 'Maria Kim' (3 decisions) is no name of a reviewer here: it becomes the name of a file. "
            'Give letters, digits, - and _ with --reviewer "Maria Kim=NAME"; "Maria Kim=" leaves them out.'
        ),
        "articles.csv: nobody in it is called 'Mary'. Its names are 'Maria Kim', 'jl'.",
    ]
    assert not (desk / "review/screening").exists()


def test_full_texts_need_a_reason_of_the_protocol(desk):
    notes = [f'RAYYAN-INCLUSION: {{"jl"=>"Excluded"}} | RAYYAN-EXCLUSION-REASONS: {reason}' for reason in ("foreign", "NO CONTROL")]
    (desk / "articles.csv").write_text(rayyan(*notes, 'RAYYAN-INCLUSION: {"jl"=>"Excluded"}'), encoding="utf-8")
    asked = ("import-decisions", "review", "articles.csv", "--stage", "full-text")
    ran = trialpool(*asked)
    known = "with one of other treatment, wrong population, or none, no control"
    assert ran.err.splitlines() == [
        (
            "articles.csv: 1 full texts are excluded for 'foreign', a reason that review.toml does not have. "
            f'Add it to `reasons` of [screening], or say which it is: --reason "foreign=REASON", {known}.'
        ),
        f'articles.csv: 1 full texts are excluded without a reason. Say which it is: --reason "=REASON", {known}.',
    ]
    ran = trialpool(*asked, "--reason", "foreign=other treatment", "--reason", "=no control")
    assert ran.code == 0
    assert [row[2:4] for row in rows(desk, "jl")] == [
        ("exclude", "other treatment"),
        ("exclude", "no control"),
        ("exclude", "no control"),
    ]
    assert trialpool("progress", "review").code == 0
    ran = trialpool(*asked, "--reason", "foreign=language")
    assert ran.err.startswith("--reason: review.toml has no reason 'language'. It has other treatment,")


def packed(**files: str | bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


LOG = """created_at,user_id,user_email,article_id,key,value
2024-02-01 10:00:00 UTC,7,kim@example.org,0,included,-1
2024-02-01 10:05:00 UTC,7,kim@example.org,0,included,1
2024-02-01 10:06:00 UTC,7,kim@example.org,1,included,-1
2024-02-01 10:06:01 UTC,7,kim@example.org,1,"""
LOG += '"""__EXR__foreign""",1\n2024-02-02 09:00:00 UTC,8,lee@example.org,0,included,0\n'
LOG += "2024-02-02 09:01:00 UTC,8,lee@example.org,1,included,-1\n2024-02-02 09:02:00 UTC,8,lee@example.org,2,included,1\n"


def test_the_zip_file_of_rayyan_gives_times_and_whose_reason_it_was(desk):
    (desk / "export.zip").write_bytes(packed(articles_dot_csv=rayyan(*BOTH), **{"customizations_log.csv": LOG}))
    export = read_screening_export(desk / "export.zip")
    assert [(v.at, v.reviewer, v.decision, v.reasons, v.time) for v in export.votes] == [
        (0, "Maria Kim", "include", (), "2024-02-01T10:05:00Z"),
        (0, "jl", "maybe", (), "2024-02-02T09:00:00Z"),
        (1, "Maria Kim", "exclude", ("foreign",), "2024-02-01T10:06:00Z"),
        (1, "jl", "exclude", ("Wrong population", "or none", "foreign"), "2024-02-02T09:01:00Z"),
        (2, "Maria Kim", "exclude", (), ""),
        (2, "jl", "include", (), "2024-02-02T09:02:00Z"),
    ]
    (desk / "other.zip").write_bytes(packed(articles_dot_csv=rayyan(*BOTH), **{"customizations_log.csv": "a,b\n1,2\n"}))
    assert [str(p) for p in read_screening_export(desk / "other.zip").problems] == [
        (
            "other.zip, customizations_log.csv: the log has other columns (a, b). "
            "The decisions were read; without the log they have no times."
        )
    ]


def test_notes_of_rayyan_survive_ris(desk):
    """Read from RIS, written as RIS by us, and read again: the same votes."""
    text = "".join(entry + "ER  - \n\n" for entry in RIS.split("ER  - \n\n")[:1]).replace("ER  -", f"N1  - {BOTH[0]}\nER  -")
    (desk / "rayyan.ris").write_text(text, encoding="utf-8")
    first = read_screening_export(desk / "rayyan.ris")
    tp.write_records(first.records, desk / "again.ris")
    assert first.program == "Rayyan"
    assert read_screening_export(desk / "again.ris").votes == first.votes
    assert [(vote.reviewer, vote.decision) for vote in first.votes] == [("Maria Kim", "include"), ("jl", "maybe")]


NOTE = "Exclusion reason: No control; check"
COVIDENCE = "Title,Authors,Published Year,DOI,Covidence #,Notes,Tags\n"


def test_lists_of_covidence_say_both_stages(desk):
    listed = {
        "review_1_irrelevant_csv_20260301.csv": f'"{TITLES[0]}","Ames, B.",2010,10.1000/0,#11,,\n',
        "review_1_excluded_csv_20260301.csv": f'"{TITLES[1]}","Ames, B.",2011,10.1000/1,#12,"{NOTE}",RCT\n',
        "review_1_included_csv_20260301.csv": f'"{TITLES[2]}","Ames, B.",2012,10.1000/2,#13,,\n',
        "review_1_select_csv_20260301.csv": f'"{TITLES[3]}","Ames, B.",2013,10.1000/3,#14,,\n',
    }
    for name, line in listed.items():
        (desk / name).write_text(COVIDENCE + line, encoding="utf-8-sig")
    ran = trialpool("import-decisions", "review", *listed, "--reviewer", "consensus", "--date", "2026-03-01")
    assert (ran.code, ran.err) == (0, "")
    assert [row[:4] for row in rows(desk, "consensus")] == [
        ("embase.ris#1", "title-abstract", "exclude", ""),
        ("embase.ris#2", "title-abstract", "include", ""),
        ("embase.ris#2", "full-text", "exclude", "no control"),
        ("embase.ris#3", "title-abstract", "include", ""),
        ("embase.ris#3", "full-text", "include", ""),
        ("embase.ris#4", "title-abstract", "include", ""),
    ]
    assert rows(desk, "consensus")[2][4] == "from Covidence: review_1_excluded_csv_20260301.csv#1; check; tags: RCT"
    assert "review.toml asks for 2 reviewers, and 1 decided so far." in ran.out


def test_a_list_of_covidence_must_be_known(desk):
    (desk / "export.csv").write_text(f"{COVIDENCE}{TITLES[0]},,2010,10.1000/0,#1,,\n", encoding="utf-8")
    ran = trialpool("import-decisions", "review", "export.csv", "--reviewer", "team")
    assert ran.err == (
        "export.csv: a list of Covidence does not say itself which list it is, and the name of the file does not either. "
        "Say it with --list: irrelevant, select, excluded, included, extract.\n"
    )
    assert trialpool("import-decisions", "review", "export.csv", "--reviewer", "team", "--list", "irrelevant").code == 0
    (desk / "review_1_screen_csv_1.csv").write_bytes((desk / "export.csv").read_bytes())
    ran = trialpool("import-decisions", "review", "review_1_screen_csv_1.csv", "--reviewer", "team")
    assert "these are the records that Covidence still has to screen" in ran.err


def asreview(desk, table="note TEXT, time FLOAT, tags JSON, user_id INTEGER", rows=()):
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE TABLE results (record_id INTEGER, label INTEGER, {table})")
    marks = ", ".join("?" * (2 + table.count(",") + 1))
    base.executemany(f"INSERT INTO results VALUES ({marks})", rows)
    base.commit()
    data = "title,year,doi\n" + "".join(f"{title},{2010 + n},10.1000/{n}\n" for n, title in enumerate(TITLES))
    files = {"project.json": json.dumps({"version": "2.0"}), "data/set.csv": data, "reviews/x/results.db": base.serialize()}
    (desk / "project.asreview").write_bytes(packed(**files))


def test_labels_of_a_project_of_asreview(desk):
    asreview(desk, rows=[(1, 1, "ask", 1719824400.5, '[{"name": "RCT"}]', None), (0, 0, None, 1719824460.0, "[]", None)])
    ran = trialpool("import-decisions", "review", "project.asreview", "--stage", "title-abstract", "--reviewer", "mk")
    assert (ran.code, ran.err) == (0, "")
    assert [(row[0], row[2], row[4], row[5]) for row in rows(desk, "mk")] == [
        ("embase.ris#1", "exclude", "from ASReview: project.asreview#1", "2024-07-01T09:01:00Z"),
        (
            *("embase.ris#2", "include"),
            'from ASReview: project.asreview#2; ask; tags: [{"name": "RCT"}]',
            "2024-07-01T09:00:00Z",
        ),
    ]


def test_a_project_of_the_first_version_and_of_several_users(desk):
    asreview(desk, "notes TEXT, labeling_time INTEGER", [(2, 1, None, 1719824400000000)])
    (vote,) = read_screening_export(desk / "project.asreview").votes
    assert (vote.at, vote.decision, vote.time) == (2, "include", "2024-07-01T09:00:00Z")
    asreview(desk, rows=[(0, 1, None, None, None, 1), (1, 0, None, None, None, 2)])
    ran = trialpool("import-decisions", "review", "project.asreview", "--stage", "title-abstract", "--reviewer", "user 1=mk")
    assert "'user 2' (1 decisions) is no name of a reviewer here" in ran.err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "record_id,title,asreview_label,asreview_note,asreview_user_name\n0,One,1,hm,mk\n1,Two,0,,mk\n2,Three,,,\n"),
        ("b.csv", "record_id,title,included,exported_notes_1\n0,One,1,\n1,Two,0,\n2,Three,,\n"),
        (
            "c.ris",
            "TY  - JOUR\nTI  - One\nN1  - ASReview_relevant\nER  - \nTY  - JOUR\nTI  - Two\nN1  - ASReview_irrelevant\nER  - \n",
        ),
    ],
)
def test_exports_of_asreview(desk, name, text):
    (desk / name).write_text(text, encoding="utf-8")
    assert [(vote.at, vote.decision) for vote in read_screening_export(desk / name).votes] == [(0, "include"), (1, "exclude")]


def test_an_export_that_is_itself_the_search_has_its_own_records(desk):
    (desk / "articles.csv").write_text(rayyan(*BOTH), encoding="utf-8")
    trialpool("import", "review", "articles.csv", "--database", "several", "--date", "2026-03-01", "--query", "x")
    trialpool("import-decisions", "review", "articles.csv", "--stage", "title-abstract", "--reviewer", "Maria Kim=mk")
    assert [row[0] for row in rows(desk, "mk")] == ["articles.csv#1", "articles.csv#2", "articles.csv#3"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            RIS.encode(),
            "x: there are no decisions in it (it was read as RIS). Export it from Rayyan with decisions, from Covidence as CSV, ",
        ),
        (b"", "x: the file is empty. "),
        (b"PK\x03\x04 cut", "x: the file is a zip file that is damaged. Download it again, and unpack it."),
        (packed(one_dot_txt="a"), "x: the file is a zip file of 1 files (one.txt). "),
        (
            packed(articles_dot_csv=rayyan(*BOTH), articles2_dot_csv="x"),
            "x: there are several exports in it (articles.csv, articles2.csv)",
        ),
        (b"%PDF-1.4", "x: the file is a PDF. "),
    ],
)
def test_files_without_decisions(desk, data, message):
    (desk / "x").write_bytes(data)
    ran = trialpool("import-decisions", "review", "x", "--stage", "full-text")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--stage", "titles"), "--stage titles is not known. Use one of title-abstract, full-text.\n"),
        (("--list", "all"), "--list all is not known. Use one of irrelevant, select, excluded, included, extract.\n"),
        (("--date", "soon"), "--date 'soon' is no date. Write it as 2026-03-01.\n"),
        (("--reason", "x"), "--reason 'x' has no =. Write it as \"their reason=one of the protocol\".\n"),
        (
            ("--reviewer", "a", "--reviewer", "b"),
            'Several reviewers are told apart by their names in the export: --reviewer "Their Name=mk".\n',
        ),
    ],
)
def test_options_that_cannot_be_used(desk, options, message):
    assert trialpool("import-decisions", "review", "x.csv", *options).err == message


def test_a_review_without_records_says_what_comes_first(desk):
    (desk / "other").mkdir()
    folder(desk / "other")
    ran = trialpool("import-decisions", "other/review", "x.csv")
    told = "Take the exports of the searches in with: trialpool import other/review"
    assert ran.err == f"other/review/search has no records yet. {told}\n"


def test_notes_of_rayyan_as_bibtex_quotes_them(desk):
    note = 'RAYYAN-INCLUSION: {\\"Maria\\"=\\>\\"Excluded\\"} | RAYYAN-EXCLUSION-REASONS: foreign'
    (desk / "x.bib").write_text(f"@article{{rayyan-1,\n title={{One}},\n year={{2010}},\n note={{{note}}}\n}}\n", encoding="utf-8")
    (vote,) = read_screening_export(desk / "x.bib").votes
    assert (vote.reviewer, vote.decision, vote.reasons) == ("Maria", "exclude", ("foreign",))


def test_any_text_in_the_notes_is_read_or_left(desk):
    for note in (
        "RAYYAN-INCLUSION: {",
        'RAYYAN-INCLUSION: {"a"=>"Included"',
        "RAYYAN-INCLUSION: none | USER-NOTES: {}",
        '{"a"=>"Included"}',
    ):
        (desk / "x.csv").write_text(rayyan(note, 'RAYYAN-INCLUSION: {"b"=>"Included"}'), encoding="utf-8")
        assert ("b", "include") in [(vote.reviewer, vote.decision) for vote in read_screening_export(Path("x.csv")).votes]
