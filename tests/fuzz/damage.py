"""Damaged copies of sound bytes and texts, and bytes without any sense.

What belongs here: strategies. What does not: what is damaged, and what must come of it (test_fuzz).
"""

from __future__ import annotations

from hypothesis import strategies as st

Edit = tuple[int, str, bytes]
SPLINTERS = (
    b"\0", b"\xff" * 4, b"\x00\x00\x00\x80", b"9" * 30, b"-1", b"\n", b'"', b"'", b"[", b"]", b"{", b"}", b"<", b">", b"&", b":", b": ", b"- ", b"\t", b"\x1b[31m",
    b"\xe2\x80\xae", b"\xc3", b"NaN", b"1e999", b"null", b"$x", b"/*", b"--", b"((", b"'; DROP", b"CASE WHEN ", b" IS ", b"::", b"\r\n", b"A1048576", b"XFD1", b"\\", b"*a", b"&a ", b"!!x ", b"..", b"%",
)  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.integers(0, 1_000_000),
        st.sampled_from(["insert", "replace", "cut", "repeat", "flip"]),
        st.one_of(st.sampled_from(SPLINTERS), st.binary(min_size=1, max_size=6)),
    ),
    min_size=1,
    max_size=6,
)


def damaged(*sound: bytes) -> st.SearchStrategy[bytes]:
    """One of the sound inputs after some edits; now and then no more than its beginning or random bytes."""
    return st.one_of(st.builds(_edited, st.sampled_from(sound), EDITS), st.binary(max_size=300))


def _edited(content: bytes, edits: list[Edit]) -> bytes:
    for place, how, splinter in edits:
        at = place % (len(content) + 1)
        if how == "cut":
            content = content[:at] + content[at + place % 40 + 1 :]
        elif how == "repeat":
            content = content[:at] + content[max(0, at - 20) : at] * 3 + content[at:]
        elif how == "flip" and at < len(content):
            content = content[:at] + bytes([content[at] ^ (1 << place % 8)]) + content[at + 1 :]
        else:
            content = content[:at] + splinter + content[at + len(splinter) * (how == "replace") :]
    return content
