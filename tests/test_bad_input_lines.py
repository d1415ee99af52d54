"""Broken line files: each is refused with one line that names place, value, rule and remedy."""

import os

import pytest
from broken_lines import FILES, checked, line
from broken_stations import CASES

from twin.errors import LineError
from twin.spec import load_line, read_line


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    for name, content in FILES.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.mark.parametrize("name", CASES)
def test_message_names_place_value_rule_and_remedy(name, folder):
    file = folder / "line.toml"
    file.write_text(CASES[name].text, encoding="utf-8")
    with pytest.raises(LineError) as caught:
        load_line(file)
    checked(str(caught.value), (f"{file}: ", *CASES[name].fragments))


def test_there_are_many_broken_files():
    assert len(CASES) >= 80


NO_FILES = {
    "missing": ("line.tom", None, ("does not exist", "Use 'line.toml'")),
    "folder": ("folder", ..., ("is a folder",)),
    "binary": ("b.toml", b"\x7fELF\x02\x00\xff", ("0xff in line 1", "UTF-8")),
    "null": ("n.toml", b"schema = 1\n\x00", ("binary (line 2)",)),
    "utf-16": ("u.toml", line().encode("utf-16"), ("UTF-16", "Save it as UTF-8")),
    "latin-1": ("l.toml", line("# K\xfchlung").encode("latin-1"), ("0xfc in line 1", "UTF-8")),
    "blank": ("e.toml", b" \n\n", ("the file is empty",)),
    "large": ("x.toml", b"#" * 10_000_001, ("10 MB",)),
    "no line": ("refrence", None, ("neither a file nor a line of the library", "'reference'")),
    "null in the name": ("a\0b.toml", None, ("a\\x00b.toml",)),
    "long name": ("a" * 5000 + ".toml", None, ("aaaaa",)),
    "long word": ("a" * 5000, None, ("aaaaa",)),
    "device": ("/dev/null", None, ("device",)),
    "blank name": (" ", None, ("the line is ' '",)),
    "no name": (3, None, ("the line is 3",)),
    "bytes": (b"line.toml", None, ("of type bytes",)),
}


@pytest.mark.parametrize("name", NO_FILES)
def test_what_is_no_line_file_is_refused_in_the_same_words(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.toml").write_text(line(), encoding="utf-8")
    file, content, fragments = NO_FILES[name]
    if content is ...:
        (tmp_path / file).mkdir()
    elif content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(LineError) as caught:
        load_line(file)
    checked(str(caught.value), fragments)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the administrator may read every file")
def test_a_file_without_permission_is_refused(tmp_path):
    file = tmp_path / "line.toml"
    file.write_text(line(), encoding="utf-8")
    file.chmod(0)
    with pytest.raises(LineError, match="cannot be read") as caught:
        load_line(file)
    checked(str(caught.value), ())


LOOP: dict = {}
LOOP["line"] = LOOP
STRANGE = {
    "no table": (3, ("the source is 3",)),
    "contains itself": (LOOP, ("nested more than",)),
    "key that is no text": ({1: 2}, ("1 is no key",)),
    "value of another kind": ({"line": {"name": object()}}, ("line.name: something of type object",)),
    "a set": ({"station": {1, 2}}, ("of type set",)),
}


@pytest.mark.parametrize("name", STRANGE)
def test_tables_that_toml_cannot_hold_are_refused(name):
    tables, fragments = STRANGE[name]
    with pytest.raises(LineError) as caught:
        read_line(tables, file="my line")
    checked(str(caught.value), ("my line: ", *fragments))
