"""Secrets at rest: readable with this installation's key, and with the ones that it had."""

import base64
import hashlib

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from notifications import sealing


def test_a_sealed_secret_says_nothing_and_opens_again() -> None:
    sealed = sealing.seal("https://hooks.slack.example/T0/B0/k7Qx")
    assert "slack" not in sealed
    assert sealing.unseal(sealed) == "https://hooks.slack.example/T0/B0/k7Qx"


def test_what_alert_sources_stored_before_stays_readable(settings: Settings) -> None:
    key = hashlib.sha256(b"incidents.detection.sealing:" + settings.SECRET_KEY.encode()).digest()
    stored = Fernet(base64.urlsafe_b64encode(key)).encrypt(b"an old token").decode()
    assert sealing.unseal(stored) == "an old token"


def test_a_rotated_key_still_opens_what_it_sealed(settings: Settings) -> None:
    sealed = sealing.seal("a token")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of fifty signs", [settings.SECRET_KEY]
    assert sealing.unseal(sealed) == "a token"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealing.Broken):
        sealing.unseal(sealed)
