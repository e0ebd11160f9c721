"""Every error that rfl-lint raises on purpose.

    RflLintError              something the user can act on; the command line ends with status 2
    ├── UsageError            arguments that contradict each other or name nothing
    ├── ConfigError           a configuration file: which file, which key, what was meant
    ├── PluginError           a rule module that cannot be loaded, or a rule that is not one
    ├── SourceError           a path that cannot be read
    └── WorkerError           a worker process that died

Each message names the file and place, and says what to do next.
"""


class RflLintError(Exception):
    """Base of everything that is reported as one line on stderr, without a traceback."""


class UsageError(RflLintError):
    """The command line asks for something that does not exist or does not fit together."""


class ConfigError(RflLintError):
    """A configuration file is missing, unreadable, or says something unknown."""


class PluginError(RflLintError):
    """A rule module cannot be loaded, or what it defines is not a valid rule."""


class SourceError(RflLintError):
    """A file or folder that was asked for cannot be read."""


class WorkerError(RflLintError):
    """A worker process ended before it gave back its results."""
