"""Django's SQLite backend, behind the same gate as the door and the worker: a page that writes gets its turn."""
