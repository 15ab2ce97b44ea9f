"""Definitions of tools: the packaged ones are sound, and what a definition of one's own breaks is said with its place."""

from __future__ import annotations

import pytest

from trialpool.formats.tool_definition import packaged_ids, packaged_tool, read_tool

SOUND = """\
format = 1
id = "ours"
name = "Ours"

[answers]
Y = "yes"
N = "no"

[[levels]]
id = "good"
name = "Good"

[[levels]]
id = "bad"
name = "Bad"

[[domains]]
id = "A"
name = "Funding"

[[domains.questions]]
id = "1"
text = "Paid by the maker?"

[[domains.rules]]
when = { "1" = "Y" }
judgement = "bad"

[[domains.rules]]
judgement = "good"
"""


def read(tmp_path, text, name="ours.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    problems = []
    tool = read_tool(path, f"tools/{name}", problems)
    return tool, [str(problem) for problem in problems]


def test_a_sound_definition_is_read(tmp_path):
    tool, problems = read(tmp_path, SOUND)
    assert problems == []
    assert [domain.id for domain in tool.domains] == ["A"]


@pytest.mark.parametrize("id_", packaged_ids())
def test_packaged_tools_say_where_they_are_published_and_mark_what_is_high(id_):
    tool = packaged_tool(id_)
    assert tool.id == id_
    assert tool.source
    assert tool.levels[-1].high
    assert not tool.levels[0].high
    assert tool.is_low(tool.levels[0].id)
    assert not tool.is_low(tool.levels[-1].id)
    assert len({level.sign for level in tool.levels}) == len(tool.levels)


@pytest.mark.parametrize(
    ("was", "becomes", "messages"),
    [
        ('id = "ours"', 'id = "mine"', ["id: the id 'mine' is not the name of the file. Write 'ours'"]),
        ('id = "bad"', 'id = "good"', [
            "levels: the id 'good' stands twice. Give each its own",
            "domains[1], rule 1: 'bad' is no level. Use one of good, good",
        ]),
        ('id = "A"', 'id = "overall"', ["domains: the id 'overall' has a meaning already. Choose another"]),
        ('N = "no"', 'NA = "no"', ["answers: 'NA' has a meaning already. Choose another name"]),
        ('when = { "1" = "Y" }', 'when = { "2" = "Y" }', [
            "domains[1], rule 1: '2' is no question before it in the domain. Known are 1",
        ]),
        ('when = { "1" = "Y" }', 'when = { "1" = "yes" }', [
            "domains[1], rule 1: 'yes' is neither an answer nor a group. Use Y, N or NA",
        ]),
        ('when = { "1" = "Y" }\n', "", [
            "domains[1], rule 1: it holds always, so that the rules after it never decide. Put it last",
        ]),
        ('[[domains.rules]]\njudgement = "good"\n', "", [
            "domains[1]: the last rule does not hold always. Add a rule without `when` for all other answers",
        ]),
        ('name = "Funding"', 'name = "Funding"\nlevels = ["fair"]', [
            "domains[1].levels: 'fair' is no level. Use good, bad",
            "domains[1], rule 1: 'bad' is no level. Use one of ",
            "domains[1], rule 2: 'good' is no level. Use one of ",
        ]),
        ('text = "Paid by the maker?"', 'text = "Paid by the maker?"\nanswers = ["Y", "X"]', [
            "domains[1], question 1: 'X' is no answer. Use names of [answers]",
        ]),
        ('name = "Funding"', 'name = "Funding"\ncounts = false', [
            "overall.rule: no domain counts for the judgement over all. Let one count, or write 'none'",
        ]),
        ('text = "Paid by the maker?"', 'txt = "Paid by the maker?"', [
            "domains[1].questions[1].text: the key is missing. Add it",
            "domains[1].questions[1].txt: there is no such key. Did you mean text?",
        ]),
    ],
)  # fmt: skip
def test_what_a_definition_breaks_is_said_with_its_place(tmp_path, was, becomes, messages):
    assert was in SOUND
    tool, problems = read(tmp_path, SOUND.replace(was, becomes, 1))
    assert tool is None
    assert problems == [f"tools/ours.toml, {message}{'' if message.endswith('?') else '.'}" for message in messages]
