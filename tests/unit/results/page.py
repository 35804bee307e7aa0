"""A page as a reader sees it: a small tree from html.parser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "br", "wbr", "img", "input", "hr"})
EMPTY_SVG = frozenset({"rect", "path"})


@dataclass
class Node:
    """An element: its name, attributes and what it holds."""

    name: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def all(self, name: str, style: str | None = None) -> list[Node]:
        """Elements of that name (and class) below this one."""
        return [
            node
            for node in self.walk()
            if node.name == name and (style is None or style in node.classes)
        ]

    def walk(self) -> Iterator[Node]:
        """This element and every one below."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        """The text below, pictures aside, spaces as one."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.name not in ("svg", "style"):
                if child.name not in ("wbr", "bdi", "b", "span", "i"):
                    yield " "
                yield from child._texts()


class _Builder(HTMLParser):
    """Refuses a page whose tags do not pair."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root", {})
        self.open = [self.root]
        self.declarations: list[str] = []

    def handle_decl(self, declaration: str) -> None:
        self.declarations.append(declaration)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attributes})
        assert len(node.attributes) == len(attributes), f"an attribute twice: {attributes}"
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in EMPTY_SVG | VOID, f"<{tag}/> is no empty element of HTML"
        self.open[-1].children.append(Node(tag, {n: v or "" for n, v in attributes}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> ends <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parsed(html: str) -> Node:
    """The page's tree; AssertionError where tags do not pair."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.open == [builder.root], f"not closed: {[n.name for n in builder.open[1:]]}"
    return builder.root
