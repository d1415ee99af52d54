"""Columns of words: each word once, blanks, words on one line, and names that a line can have."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.calibrate.errors import LogError
from twin.eventlog.names import line_name, renamed
from twin.eventlog.words import Words, merged, words_of
from twin.schema_station import RESERVED


class TestWords:
    def test_numbers_truths_and_blanks(self):
        assert words_of([1, None, 2]).words == ("1", "2")
        assert words_of([True, False, None]).words == ("False", "True")
        assert words_of([" a ", "a", "", None]).codes.tolist() == [0, 0, -1, -1]
        assert words_of(["b\x1b[1m", "a\nb"]).words == ("a b", "b [1m")

    @given(st.lists(st.sampled_from(["", "a", "b", " b", "c"]), min_size=1))
    def test_a_column_comes_back(self, cells):
        column = words_of(cells)
        assert [column[k] for k in range(len(column))] == [cell.strip() for cell in cells]
        assert list(column.words) == sorted(set(column.words))
        kept = column.select(np.arange(len(cells)) % 2 == 0)
        assert [kept[k] for k in range(len(kept))] == [cell.strip() for cell in cells[::2]]
        assert [kept.used()[k] for k in range(len(kept))] == [kept[k] for k in range(len(kept))]
        assert set(kept.used().words) == {kept[k] for k in range(len(kept))} - {""}

    def test_merged_columns_are_blank_where_the_first_is(self):
        both = merged(words_of(["a", "a", None]), words_of(["x", None, "x"]))
        assert [both[k] for k in range(3)] == ["a x", "a", ""]

    def test_a_word_that_is_nowhere(self):
        assert not Words(np.array([0, 1], np.int32), ("a", "b")).where("c").any()


class TestNames:
    @pytest.mark.parametrize("word", ["S.1", "a>b", "[x]", *RESERVED, "y" * 90, "Mill (left)", "Säge 锯"])
    def test_a_line_can_have_them(self, word):
        from twin.fields import Name

        Name("the name of a station", reserved=RESERVED).read(line_name(word))
        assert line_name("Mill (left)") == "Mill (left)"

    def test_rows_keep_their_word_and_changes_are_noted(self):
        words = words_of(["b.1", "a", "b.1", None, "A.2"])
        found, notes = renamed("log", words, np.arange(5) + 2)
        assert [found[k] for k in range(5)] == ["b_1", "a", "b_1", "", "A_2"]
        assert list(found.words) == sorted(found.words)
        assert {note.rows for note in notes} == {(2, 4), (6,)}

    def test_names_that_would_become_one_are_refused(self):
        with pytest.raises(LogError, match=r"log: 'a\.1' and 'a_1' would both be 'a_1' in a line"):
            renamed("log", words_of(["a.1", "a_1"]), np.array([2, 3]))
