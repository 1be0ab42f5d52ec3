"""The pages: who gets them, in which language; and that no reason is without words."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from viewer.models import Collection
from viewer.readers.errors import REASONS as READER_REASONS
from viewer.services.ingest import IngestResult
from viewer.services.reasons import REASONS, Refused

Take = Callable[..., IngestResult]
PAGES = ["collections", "collection", "collection-upload"]


def url(name: str, collection: Collection) -> str:
    return reverse(name, args=[] if name == "collections" else [collection.pk])


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_pages_open_in_both_languages_without_inline_script(name: str, uploader: Client, collection: Collection) -> None:
    texts = {}
    for language in ("ja", "en"):
        uploader.cookies["django_language"] = language
        answer = uploader.get(url(name, collection))
        assert answer.status_code == 200
        texts[language] = answer.content.decode()
        assert f'<html lang="{language}"' in texts[language]
        assert not re.search(r"<script(?![^>]*(src=|application/json))", texts[language])
        assert " style=" not in texts[language]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert re.search("[ぁ-ん]", texts["ja"])


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_pages_ask_strangers_to_sign_in(name: str, client: Client, collection: Collection) -> None:
    answer = client.get(url(name, collection))
    assert answer.status_code == 302
    assert "login" in answer.headers["Location"]


@pytest.mark.django_db
def test_pages_of_others_are_not_there(stranger: Client, reader: Client, collection: Collection) -> None:
    assert stranger.get(url("collection", collection)).status_code == 404
    assert stranger.get(url("collection-upload", collection)).status_code == 404
    assert reader.get(url("collection", collection)).status_code == 200
    assert reader.get(url("collection-upload", collection)).status_code == 404
    assert "Ours" not in stranger.get(reverse("collections")).content.decode()
    assert reverse("collection-upload", args=[collection.pk]) not in reader.get(url("collection", collection)).content.decode()


@pytest.mark.django_db
def test_names_from_files_are_text_everywhere(uploader: Client, collection: Collection, shared_data: Path, take: Take) -> None:
    take(shared_data / "photo/exif/grey.jpg", name="</script><img src=x onerror=alert(1)>.jpg")
    Collection.objects.update(name="<b>{{ settings.SECRET_KEY }}</b>")
    for name in PAGES:
        text = uploader.get(url(name, collection)).content.decode()
        assert "<img src=x" not in text
        assert "<b>{{" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_pages_take_few_queries(
    *,
    name: str,
    uploader: Client,
    collection: Collection,
    shared_data: Path,
    take: Take,
    django_assert_max_num_queries: Any,
) -> None:
    take(shared_data / "photo/exif/grey.jpg")
    with django_assert_max_num_queries(12):
        uploader.get(url(name, collection))


@pytest.mark.parametrize("code", sorted(REASONS.keys() | READER_REASONS.keys()))
def test_every_reason_has_words_and_a_next_step_in_both_languages(code: str) -> None:
    said = {}
    for language in ("ja", "en"):
        with override(language):
            refusal = Refused(code)
            said[language] = refusal.text, refusal.hint
    for english, japanese in zip(said["en"], said["ja"], strict=True):
        assert english.endswith(".")
        assert re.search("[ぁ-んァ-ン一-龯]", japanese), japanese
