"""What hostile submissions can still do: tests by a part of their name, with the reason why they fail.

An entry whose tests pass fails them, and is to be removed.
"""

RECURSIVE = "os.walk and shutil.copytree are recursive"

GAPS: dict[str, str] = {
    "[leaves folders two thousand deep]": RECURSIVE,
    "test_deep_folders_do_not_stop_the_check": RECURSIVE,
    "test_a_file_with_holes": "shutil.copytree fills holes",
    "filled_by[files deep down]": "paths beyond 4096 characters are not walked",
}
