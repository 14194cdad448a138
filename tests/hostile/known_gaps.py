"""What hostile submissions can still do: tests by a part of their name, with the reason why they fail.

An entry whose tests pass fails them, and is to be removed.
"""

TRUNCATE = "before Landlock 3, opening with O_TRUNC empties what is not opened to be written"
SCRATCH_GONE = "a scratch folder without its working directory is not told as the submission's fault"
RECURSIVE = "os.walk and shutil.copytree are recursive"

GAPS: dict[str, str] = {
    "which empties them-Linux 5.13]": TRUNCATE,
    "which empties it-Linux 5.13]": TRUNCATE,
    "[removes its working directory]": SCRATCH_GONE,
    "[makes a file of its working directory]": SCRATCH_GONE,
    "[leaves folders two thousand deep]": RECURSIVE,
    "test_deep_folders_do_not_stop_the_check": RECURSIVE,
    "test_a_file_with_holes": "shutil.copytree fills holes",
    "test_a_model_that_only_its_process_has": "a fitted model that was not kept cannot be loaded",
    "[sleeps for ever when pickled]": "a dump that takes too long counts as one that fails",
    "eaten_by[shared memory]": "anonymous shared memory is in no sum",
    "filled_by[files deep down]": "paths beyond 4096 characters are not walked",
    "filled_by[folders]": "folders are not counted",
    "filled_with[threads]": "threads are not counted, and the kernel counts no administrator's",
    "[a thread that the kernel wakes]": "a timer can send SIGCONT",
    "test_a_submission_of_deep_folders": RECURSIVE,
    "test_words_of_a_submission_in_a_warning": "a warning is printed as markup",
    "test_a_fitted_model_may_not_be": "the handle of the fitted model is copied whatever it is",
}
