# SPDX-License-Identifier: Apache-2.0
"""A server of the test's own, that does whatever a function says."""
import contextlib
import socket
import threading


@contextlib.contextmanager
def listening(answer):
    """Each connection is answered in a thread of its own; the port."""
    def serve(s):
        with contextlib.suppress(OSError), s:
            answer(s)

    def listen():
        with contextlib.suppress(OSError):
            while True:
                s, _ = listener.accept()
                threading.Thread(target=serve, args=[s], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
