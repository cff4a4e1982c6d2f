"""A browser without JavaScript: reads pages, fills in forms, presses buttons and follows where they lead, over plain HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

ORIGIN = "http://127.0.0.1:8090"
HTML = {"accept": "text/html,application/xhtml+xml"}
VOID = {"meta", "link", "input", "img", "br", "hr", "path", "rect", "circle"}
FIELDS = ("input", "select", "textarea")


@dataclass
class Button:
    """A button by what it is called (its label, else its text), with what it adds to its form."""

    name: str | None
    value: str
    called: str = ""


@dataclass
class Form:
    """A form with the values that its fields have now."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """What is on a page: its text, pictures, links by their text, forms, ids, and what a lint would say of it."""

    def __init__(self, html: str, path: str = "", status: int = 200) -> None:
        super().__init__()
        self.path, self.status, self.html = path, status, html
        self.text, self.title, self.heading, self.language = "", "", "", ""
        self.pictures: list[dict[str, str | None]] = []
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.inputs: list[dict[str, str | None]] = []
        self.labels_for: list[str] = []
        self.inline: list[str] = []
        self.current = ""
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self._button: Button | None = None
        self._link: tuple[str, str] | None = None
        self._select: tuple[Form, str] | None = None
        self.feed(html)
        assert self._open == [], f"not closed: {[tag for tag, _ in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self._open.append((tag, found))
        self.ids += [found["id"] or ""] if "id" in found else []
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        self.inline += ["script"] if tag == "script" and "src" not in found else []
        self.inline += ["style"] if tag == "style" else []
        if tag == "html":
            self.language = found.get("lang") or ""
        elif tag == "img":
            self.pictures.append(found)
        elif tag == "a":
            self._link = (found.get("href") or "", found.get("aria-label") or "")
        elif tag == "label" and found.get("for"):
            self.labels_for.append(found["for"] or "")
        elif tag == "form":
            self.forms.append(Form(found.get("action") or self.path, (found.get("method") or "get").lower()))
        elif tag == "button":
            self._button = Button(found.get("name"), found.get("value") or "", found.get("aria-label") or "")
            self._named = bool(self._button.called)
        elif tag in FIELDS:
            self._field(tag, found)
        elif tag == "option" and self._select is not None:
            form, name = self._select
            form.choices[name].append(found.get("value", "") or "")
            if "selected" in found or name not in form.values:
                form.values[name] = found.get("value", "") or ""

    def _field(self, tag: str, found: dict[str, str | None]) -> None:
        if found.get("type") != "hidden":
            self.inputs.append(found)
        form, name = self.forms[-1], found.get("name") or ""
        if tag == "select":
            self._select = (form, name)
            form.choices[name] = []
        elif found.get("type") not in ("checkbox", "radio") or "checked" in found:
            form.values[name] = found.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        opened, _ = self._open.pop()
        assert opened == tag, f"{opened} closed by {tag}"
        if tag == "button" and self._button is not None:
            self.forms[-1].buttons.append(self._button)
            self._button = None
        elif tag == "a":
            self._link = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "option" and self._select is not None:
            form, name = self._select
            attributes = self._open[-1][1]
            if "value" not in attributes:
                form.choices[name][-1] = data
                if form.values[name] == "" or "selected" in attributes:
                    form.values[name] = data
        word = " ".join(data.split())
        self.text += f" {word}" if word else ""
        tags = [tag for tag, _ in self._open]
        if "title" in tags[-1:]:
            self.title += word
        if "h1" in tags:
            self.heading += word
        if self._link is not None and word:
            self.links.setdefault(word, self._link[0])
            if any(attributes.get("aria-current") == "page" for _, attributes in self._open):
                self.current = word
        if self._button is not None and not self._named:
            self._button.called += word

    def form_with(self, button: str, values: dict[str, str] | None = None) -> tuple[Form, Button]:
        """The one form with this button, of several the one whose hidden or other fields have these values."""
        wanted = (values or {}).items()
        found = [(form, one) for form in self.forms for one in form.buttons if one.called == button and wanted <= form.values.items()]
        assert len(found) == 1, f"{len(found)} buttons {button!r} among {[one.called for form in self.forms for one in form.buttons]}"
        return found[0]

    @property
    def buttons(self) -> list[str]:
        """What every button of the page is called."""
        return [one.called for form in self.forms for one in form.buttons]


@dataclass
class Browser:
    """Goes from page to page. `at` is where it is now."""

    client: httpx.AsyncClient
    language: str = "en"
    at: Page = field(default_factory=lambda: Page(""))

    async def open(self, path: str, status: int = 200) -> Page:
        """The page of a path."""
        answer = await self.client.get(path, headers=self._headers(), follow_redirects=True)
        return self._read(answer, status)

    async def press(self, button: str, status: int = 200, *, of: dict[str, str] | None = None, **values: Any) -> Page:
        """The page after a button was pressed, its form filled in before. `of` tells one form from others with such a button."""
        form, one = self.at.form_with(button, of)
        data = form.values | {name: str(value) for name, value in values.items() if value is not None}
        data = {name: value for name, value in data.items() if name not in values or values[name] is not None}
        data |= {one.name: one.value} if one.name else {}
        if form.method == "get":
            answer = await self.client.get(form.action, params=data, headers=self._headers(), follow_redirects=True)
        else:
            headers = self._headers() | {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
            answer = await self.client.post(form.action, data=data, headers=headers, follow_redirects=True)
        return self._read(answer, status)

    def _headers(self) -> dict[str, str]:
        return HTML | {"accept-language": self.language}

    def _read(self, answer: httpx.Response, status: int) -> Page:
        assert answer.status_code == status, f"{answer.status_code} {answer.url}: {answer.text[:3000]}"
        assert answer.headers["content-type"].startswith("text/html"), answer.headers["content-type"]
        self.at = Page(answer.text, answer.url.raw_path.decode(), answer.status_code)
        return self.at
