"""What the gates share: finding sources, reading C++ without comments and strings, planting
violations for a self-check."""

import contextlib
import io
import pathlib
import re
import tempfile

PRODUCT_FOLDERS = ("engine", "projections", "tools")
CPP_SUFFIXES = (".h", ".cc")

_COMMENT_OR_TEXT = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL,
)


def files_under(root, folders, suffixes):
    """Files with one of the suffixes under root's folders, sorted, without build output."""
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if "__pycache__" in parts or parts[:2] == ("tests", "data"):
                continue
            if path.is_file() and path.suffix in suffixes:
                found.append(path)
    return found


def without_comments_and_texts(source):
    """The source with comments and literals blanked out; every line stays where it was."""

    def blank(match):
        text = match.group(0)
        kept = "" if text.startswith("/") else '""'
        return kept + "\n" * text.count("\n")

    return _COMMENT_OR_TEXT.sub(blank, source)


@contextlib.contextmanager
def planted(files):
    """A temporary tree with these files (path: content), for a gate to find fault with."""
    with tempfile.TemporaryDirectory(prefix="skein-gate-") as folder:
        root = pathlib.Path(folder)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        yield root


class SelfCheck:
    """Counts cases in which a gate did not answer as it must."""

    def __init__(self):
        self.cases = 0
        self.wrong = []

    def expect(self, name, problems, text):
        """Exactly one problem, and it holds `text`; none at all where text is None."""
        self.cases += 1
        if text is None and problems:
            self.wrong.append(f"{name}: accepted code was refused: {problems}")
        if text is not None and (len(problems) != 1 or text not in problems[0]):
            self.wrong.append(f"{name}: wanted one problem with '{text}', got {problems}")

    def finish(self):
        for line in self.wrong:
            print(f"self-check: {line}")
        print(f"self-check: {self.cases} planted cases, {len(self.wrong)} answered wrongly")
        return 1 if self.wrong else 0


def report(gate, problems, checked):
    """Prints the problems, one a line, and returns the exit code."""
    out = io.StringIO()
    for line in problems:
        out.write(line + "\n")
    out.write(f"{gate}: {checked}, {len(problems)} problems\n")
    print(out.getvalue(), end="")
    return 1 if problems else 0
