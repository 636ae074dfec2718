"""Files that processes share: sealed with a checksum and replaced as a whole; and a lock that ends with its holder."""

import contextlib
import errno
import hashlib
import os
import uuid

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

_DIGEST = hashlib.sha256
_DIGEST_SIZE = _DIGEST().digest_size


def write_sealed(path, payload, salt):
    """Write a file with a checksum at its end, so that other processes find all of it or what was there before.

    Parameters
    ----------
    path : str
    payload : bytes
    salt : bytes
        Part of the checksum: with another one the file does not count as sealed.

    Raises
    ------
    OSError
        If the file cannot be written; what was there before is left.
    """
    temporary = f"{path}.tmp.{uuid.uuid4().hex[:16]}"
    try:
        with open(temporary, "wb") as file:
            file.write(payload + _DIGEST(salt + payload).digest())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def is_sealed(path, salt):
    """Return whether a file is there as :func:`write_sealed` wrote it; one that cannot be read is not."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    payload, digest = content[:-_DIGEST_SIZE], content[-_DIGEST_SIZE:]
    return digest == _DIGEST(salt + payload).digest()


class ProcessLock:
    """A lock among processes, which the operating system releases when its holder ends, however that happens.

    Parameters
    ----------
    path : str
        An empty file, which is made if necessary.
    """

    def __init__(self, path):
        self._path, self._file = path, None

    def acquire(self):
        """Wait for the lock; go on without it where none can be had (read-only folders, some network drives)."""
        self.release()
        with contextlib.suppress(OSError):
            self._file = open(self._path, "ab")
            _lock(self._file.fileno())

    def release(self):
        """Release the lock, if it is held."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError), file:
                _unlock(file.fileno())  # a forked process may have the same file open


if fcntl is not None:

    def _lock(handle):
        fcntl.flock(handle, fcntl.LOCK_EX)

    def _unlock(handle):
        fcntl.flock(handle, fcntl.LOCK_UN)

else:

    def _lock(handle):
        while True:
            try:
                return msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
            except OSError as error:
                if error.errno != errno.EDEADLK:  # it gives up after ten seconds
                    raise

    def _unlock(handle):
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
