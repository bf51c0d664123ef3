"""What the scripts share."""

from pathlib import Path
import shutil
import subprocess

import pytest

from .source import ROOT

_CALL = '. "$(dirname "$0")/common.sh"\n'


@pytest.mark.parametrize(
    ("call", "name"), [("unit_venv", "unit"), ("need_node", "node")]
)
def test_tools_of_another_checkout(tmp_path: Path, call: str, name: str) -> None:
    """Through a link nothing is removed: another checkout works with it."""
    others = tmp_path / "other" / ".tools"
    kept = others / name / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    scripts = tmp_path / "own" / "scripts"
    scripts.mkdir(parents=True)
    (tmp_path / "own" / ".tools").symlink_to(others)
    shutil.copy(ROOT / "scripts" / "common.sh", scripts)
    shutil.copy(ROOT / "requirements_test.txt", tmp_path / "own")
    # Whatever it would install with does nothing.
    (scripts / "python314.sh").write_text("echo false\n")
    script = scripts / "try"
    script.write_text(f"{_CALL}_node_works() {{ false; }}\n{call}\n")
    done = subprocess.run(
        ["sh", str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(".tools is a link: ")
    assert kept.exists()
