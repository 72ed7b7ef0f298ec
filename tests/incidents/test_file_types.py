"""What is taken as evidence, by content, and what is refused because it is something else as well."""

import pytest
from django.core.exceptions import ValidationError

from incidents import file_types
from tests import files

SCRIPT = b"<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (files.png(), "pool.png", "image/png"),
        (files.jpeg(), "photo.jpg", "image/jpeg"),
        (files.jpeg(b"taken at night"), "photo.jpg", "image/jpeg"),
        (files.gif(), "x.gif", "image/gif"),
        (files.gif(b"made at night"), "x.gif", "image/gif"),
        (files.webp(), "x.webp", "image/webp"),
        (files.pdf(), "report.pdf", "application/pdf"),
        (b"02:09 declined\n", "pool.log", "text/plain"),
        ("02:09 Störung\n".encode(), "pool.log", "text/plain"),
        (b"\xef\xbb\xbf02:09 declined\n", "pool.log", "text/plain"),
        (b"\x1b[31merror\x1b[0m in <script>\n", "build.log", "text/plain"),
        (b'{"a": 1}', "a.json", "application/json"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"diff --git a/x b/x\n--- a/x\n+++ b/x\n", "x.diff", "text/x-diff"),
        (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n", "x", "text/x-diff"),
        (b"plain words", "invoice.pdf.exe", "text/plain"),
    ],
)
def test_a_file_is_what_its_content_is(content: bytes, name: str, kind: str) -> None:
    assert file_types.recognise(content, name) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><p>Hello",
        b"  \n<!-- innocent --><html>",
        SCRIPT,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<?php system($_GET['c']);",
        b"#!/bin/sh\nrm -rf /\n",
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"\x7fELF\x02\x01\x01\x00",
        b"\xff\xfeh\x00i\x00",
        b"caf\xe9",
        b"a\x00b",
        files.archive(),
        b"\x1f\x8b\x08\x00gzip",
        b"Rar!\x1a\x07\x00",
        b"7z\xbc\xaf\x27\x1c",
        b"%!PS-Adobe-3.0",
        b"{\\rtf1 hello}",
    ],
)
def test_pages_programs_and_archives_are_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        file_types.recognise(content, "harmless.txt")


@pytest.mark.parametrize(
    "content",
    [
        files.png() + files.archive(),
        files.jpeg() + files.archive(),
        files.gif() + files.archive(),
        files.webp() + files.archive(),
        files.pdf() + files.archive(),
        b"words\n" + files.archive(),
        files.png() + SCRIPT,
        files.jpeg() + SCRIPT,
        files.gif() + b"*/=1;alert(1)",
        files.webp() + b"<?php",
        files.pdf() + SCRIPT,
        files.pdf(SCRIPT),
        files.pdf(b"<</S/JavaScript/JS(app.alert(1))>>"),
        files.pdf(b"<</Type/EmbeddedFile>>"),
        files.pdf(b"<html><body>"),
        files.gif(b"<script>alert(1)</script>"),
        files.jpeg(b"<?php system(1);?>"),
        b"GIF89a/*" + files.gif()[8:],
        b"GIF89a=1;alert(1)//",
        b"GIF89a" + SCRIPT,
        b"\xff\xd8\xff\xe0/*" + files.jpeg()[6:],
        b"\x89PNG\r\n\x1a\n" + SCRIPT,
        b"%PDF-1.4 " + SCRIPT,
        b"\n" + files.pdf(),
        b"<html>" + files.pdf(),
        files.png()[:-12],
        files.gif()[:-1],
        files.jpeg()[:-2],
        files.webp()[:-2],
    ],
)
def test_what_is_two_things_at_once_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError, match="Evidence is PNG"):
        file_types.recognise(content, "harmless.png")


@pytest.mark.parametrize(
    ("name", "kind", "given"),
    [
        ("pool.png", "image/png", "pool.png"),
        ("POOL.PNG", "image/png", "POOL.PNG"),
        ("report.pdf.exe", "application/pdf", "report.pdf.exe.pdf"),
        ("page.html", "text/plain", "page.html.txt"),
        ("pool.log", "text/plain", "pool.log"),
        ("Makefile", "text/plain", "Makefile.txt"),
    ],
)
def test_a_file_is_given_back_with_an_ending_that_fits_it(name: str, kind: str, given: str) -> None:
    assert file_types.safe_name(name, kind) == given
