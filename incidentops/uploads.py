"""How uploads come in: every file goes to disk, and none further than the largest that we take."""

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Keeps a file on disk instead of in memory. What goes beyond the limit is counted and not kept: the size tells
    the form, which refuses it with a sentence and gives back what else was typed."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start <= settings.ATTACHMENT_MAX_BYTES:
            super().receive_data_chunk(raw_data, start)
