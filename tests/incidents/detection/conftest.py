"""Sources and a way to post to them, as a monitoring tool would."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from incidents.detection import sources
from incidents.models import AlertSource
from roles.policy import SYSTEM
from tests.worker import Worker

Post = Callable[..., object]


@pytest.fixture
def prometheus(db: None) -> AlertSource:
    return sources.create("alertmanager", "Prometheus", by=SYSTEM)


@pytest.fixture
def scripts(db: None) -> AlertSource:
    return sources.create("generic", "Scripts", by=SYSTEM)


@pytest.fixture
def post(client: Client, worker: Worker) -> Post:
    """Posts a body to a source and works it off: `post(prometheus, {...}).status_code`."""

    def send(source: AlertSource, body: object, **headers: object) -> object:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        path = sources.url_of(source, by=SYSTEM).split("/in/")[1]
        answer = client.post(f"/in/{path}", data=text, content_type="application/json", **headers)
        worker.run()
        return answer

    return send
