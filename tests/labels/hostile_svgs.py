"""SVG files made to do harm: small to store, endless or enormous to draw. Each is made by code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.labels.images_at_hand import svg

Made = Callable[[], bytes]

RECT = '<rect width="100" height="100"/>'
STOP = '<stop offset=".5" stop-color="red"/>'


def doubled(levels: int, times: int, one: Callable[[str], str], first: str) -> str:
    """Definitions of which each shows the one before so many times."""
    found = [f'<g id="a0">{first}</g>']
    for level in range(1, levels + 1):
        found.append(f'<g id="a{level}">' + one(f"a{level - 1}") * times + "</g>")
    return f"<defs>{''.join(found)}</defs>" + one(f"a{levels}")


def used(name: str) -> str:
    return f'<use href="#{name}"/>'


def painted(kind: str, levels: int, inner: str = RECT) -> str:
    """Patterns of which each is painted with the one before."""
    there = f'<{kind} id="p0" width="3" height="3" patternUnits="userSpaceOnUse">{inner}</{kind}>'
    for level in range(1, levels + 1):
        shapes = f'<rect width="9" height="9" fill="url(#p{level - 1})"/>' * 9
        there += f'<{kind} id="p{level}" width="3" height="3" patternUnits="userSpaceOnUse">{shapes}</{kind}>'
    return f'{there}<rect width="100" height="100" fill="url(#p{levels})"/>'


def cut(kind: str, levels: int, times: int = 1) -> str:
    """Masks or clip paths, each with the one before on all that it shows."""
    by = "mask" if kind == "mask" else "clip-path"
    there = f'<{kind} id="m0">{RECT}</{kind}>'
    for level in range(1, levels + 1):
        there += f'<{kind} id="m{level}">' + f'<rect width="100" height="100" {by}="url(#m{level - 1})"/>' * times + f"</{kind}>"
    return f'{there}<rect width="100" height="100" {by}="url(#m{levels})"/>'


SVGS: Mapping[str, Made] = {
    "entities": lambda: b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + svg("<text>&b;</text>"),
    "an entity of a file": lambda: b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("<text>&a;</text>"),
    "nested 900 deep": lambda: svg("<g>" * 900 + "</g>" * 900),
    "25,000 elements": lambda: svg(RECT * 25_000),
    "what is used tenfold, eleven times over": lambda: svg(doubled(11, 10, used, RECT)),
    "what is used twice, sixty times over": lambda: svg(doubled(60, 2, used, RECT)),
    "uses itself": lambda: svg('<g id="a"><use href="#a"/><use href="#a"/></g>'),
    "two that use each other": lambda: svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/><use href="#a"/></g>'),
    "patterns painted with patterns": lambda: svg(painted("pattern", 8)),
    "a pattern over all, 5,000 times": lambda: svg(
        f'<pattern id="p" width="100" height="100" patternUnits="userSpaceOnUse">{RECT}</pattern>'
        + '<rect width="100" height="100" fill="url(#p)"/>' * 5000
    ),
    "a pattern of a thousandth": lambda: svg(
        f'<pattern id="p" width=".001" height=".001" patternUnits="userSpaceOnUse">{RECT}</pattern>'
        + '<rect width="100" height="100" fill="url(#p)"/>' * 50
    ),
    "masks in masks": lambda: svg(cut("mask", 40, 3)),
    "clip paths on clip paths": lambda: svg(cut("clipPath", 40, 3)),
    "9,000 veils": lambda: svg(f'<g opacity=".5">{RECT}</g>' * 9000),
    "veils by a style": lambda: svg(f'<g style="opacity:.5">{RECT}</g>' * 9000),
    "veils by a style sheet": lambda: svg(f"<style>g{{mix-blend-mode:multiply}}</style>{f'<g>{RECT}</g>' * 9000}"),
    "fifty veils in one another": lambda: svg('<g opacity=".9">' * 50 + RECT * 2 + "</g>" * 50),
    "a filter element": lambda: svg('<filter id="f"><feGaussianBlur stdDeviation="999"/></filter>'),
    "filters by a function": lambda: svg(f'<g filter="blur(99) blur(99) blur(99)">{RECT}</g>' * 100),
    "filters by a style": lambda: svg(f'<g style="filter: blur(99px)">{RECT}</g>' * 100),
    "filters by a style sheet": lambda: svg(f"<style>g{{filter:drop-shadow(9px 9px 99px red)}}</style>{f'<g>{RECT}{RECT}</g>' * 100}"),
    "dashes of a millionth": lambda: svg('<path d="M0 0H100" stroke="red" stroke-dasharray=".000001"/>' * 20),
    "dashes by a style sheet": lambda: svg('<style>path{stroke:red;stroke-dasharray:.000001}</style><path d="M0 0H100"/>'),
    "dashes of a line without end": lambda: svg('<path d="M0 0H1e9" stroke="red" stroke-dasharray="1"/>'),
    "a marker at each of 100,000 corners": lambda: svg(
        f'<marker id="m" markerWidth="9" markerHeight="9">{RECT * 50}</marker><path marker-mid="url(#m)" d="M0 0{" 1 1 2 2" * 50_000}"/>'
    ),
    "markers by a style sheet": lambda: svg(
        f'<style>path{{marker:url(#m)}}</style><marker id="m">{RECT * 50}</marker><path d="M0 0{" 1 1 2 2" * 50_000}"/>'
    ),
    "360,000 corners": lambda: svg(f'<path stroke="red" stroke-linejoin="round" stroke-width="50" d="M0 0{" 99 9 9 99" * 180_000}"/>'),
    "a text of a million letters": lambda: svg(f"<text>{'abcdefghij' * 100_000}</text>"),
    "a text used 400 times": lambda: svg(doubled(1, 400, used, f"<text>{'abcdefghij' * 900}</text>")),
    "a style sheet of 20,000 rules for 9,000 elements": lambda: svg(
        "<style>" + "".join(f"g g rect.a{number}{{fill:red}}" for number in range(20_000)) + "</style>" + RECT * 9000
    ),
    "gradients that lead to gradients, 9,000 times": lambda: svg(
        "".join(f'<linearGradient id="l{number}" href="#l{number + 1}"/>' for number in range(9000))
        + '<rect width="9" height="9" fill="url(#l0)"/>'
    ),
    "a gradient of 15,000 colours": lambda: svg(
        f'<linearGradient id="l">{STOP * 15_000}</linearGradient>' + '<rect width="100" height="100" fill="url(#l)"/>' * 1000
    ),
    "a clear colour over all, a hundred times": lambda: svg('<rect width="100" height="100" fill-opacity=".5"/>' * 100),
    "clear colours of four numbers": lambda: svg('<rect width="100" height="100" fill="#11223344"/>' * 100),
    "a gradient over all, thirty times": lambda: svg(
        f'<radialGradient id="l">{STOP * 9}</radialGradient>' + '<rect width="100" height="100" fill="url(#l)"/>' * 30
    ),
    "thirty veils over all": lambda: svg(f'<g opacity=".5">{RECT}</g>' * 30),
    "veils by a declaration behind a comment": lambda: svg(f'<g style="/*;*/opacity:.5">{RECT}</g>' * 30),
    "veils by inheritance": lambda: svg('<g opacity=".5">' + '<rect opacity="inherit" width="9" height="9"/>' * 30 + "</g>"),
    "veils by attributes with a prefix": lambda: svg(f'<g xmlns:s="http://www.w3.org/2000/svg" s:opacity=".5">{RECT}</g>' * 30),
    "four masks far beyond the picture": lambda: svg(
        '<mask id="m" maskUnits="userSpaceOnUse" x="-300" y="-300" width="600" height="600">'
        '<rect x="-200" y="-200" width="500" height="500"/></mask>'
        + '<g mask="url(#m)"><rect x="-200" y="-200" width="500" height="500"/></g>'
        * 4
    ),
    "clip paths of large ones in one another": lambda: svg(
        f'<clipPath id="c">{RECT}</clipPath>'
        + '<g clip-path="url(#c)"><rect x="-300" y="-300" width="900" height="900"/>' * 9
        + "</g>" * 9
    ),
    "a pattern turned": lambda: svg(
        f'<pattern id="p" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(9)">{RECT}</pattern>'
        + '<rect width="100" height="100" fill="url(#p)"/>' * 4
    ),
    "a pattern with a tile of a billion pixels": lambda: svg(
        f'<pattern id="p" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="scale(500)">{RECT}</pattern>'
        '<rect width="100" height="100" fill="url(#p)"/>'
    ),
    "markers larger than the picture": lambda: svg(
        '<marker id="m" markerWidth="999" markerHeight="999"><rect width="999" height="999"/></marker>'
        f'<path marker-mid="url(#m)" d="M0 0{"h1" * 20}"/>'
    ),
    "a text of 3,000 parts": lambda: svg(f"<text>{'<tspan>a</tspan>' * 3000}</text>"),
    "letters as large as the picture": lambda: svg(f'<text font-size="100" y="90" x="{"0 " * 900}">{"M" * 900}</text>'),
    "3,000 hair lines": lambda: svg('<path d="M0 0V100" stroke="red" stroke-width=".05"/>' * 3000),
    "3,000 long corners of a wide line": lambda: svg(f'<path stroke="red" stroke-width="50" fill="none" d="M0 0{"L99 9 9 99" * 3000}"/>'),
    "50,000 curves": lambda: svg(f'<path d="M0 0c{" 1 1 2 2 3 3 -1 -1 -2 -2 -3 -3" * 25_000}"/>'),
    "200,000 corners without a space": lambda: svg(f'<path d="M0 0l{"1-1" * 200_000}"/>'),
    "200,000 commands of one number": lambda: svg(f'<path d="M0 0{"h1V1" * 100_000}"/>'),
    "a part in a thousand sizes": lambda: svg(
        f'<g id="a">{RECT * 100}</g>' + "".join(f'<use href="#a" transform="scale(.00{number})"/>' for number in range(100, 1100))
    ),
    "6,900 shapes, each told otherwise": lambda: svg(
        "".join(
            f'<rect transform="rotate({number})" style="fill:#{number:05};stroke:#123;stroke-width:{number};opacity:1" width="9"/>'
            for number in range(6900)
        )
    ),
    "a chain of uses": lambda: svg("".join(f'<g id="a{number}"><use href="#a{number + 1}"/></g>' for number in range(300))),
    "a chain of gradients": lambda: svg(
        "".join(f'<linearGradient id="l{number}" href="#l{number + 1}"/>' for number in range(99))
        + '<path d="M0 0h9v9z" fill="url(#l0)"/>'
    ),
    "400,000 comments in its style": lambda: svg(f"<style>{'/**/' * 400_000}</style>"),
    "400,000 selectors": lambda: svg(f"<style>a{',a' * 400_000}{{fill:red}}</style>"),
    "a thousand rules for all": lambda: svg(
        "<style>" + "".join(f"*{{stroke-width:{number}}}" for number in range(1000)) + "</style>" + RECT * 6000
    ),
    "400,000 classes": lambda: svg(f'<g class="{" a" * 400_000}"/>'),
    "thousands of namespaces": lambda: svg(
        "".join("<g " + " ".join(f'xmlns:a{one}b{two}="u{one}.{two}"' for two in range(200)) + ">" for one in range(50)) + "</g>" * 50
    ),
    "a million declarations": lambda: svg(f'<g style="{";" * 1_000_000}"/>'),
    "transformations without end": lambda: svg(('<g transform="' + "scale(1)" * 240 + '"/>') * 900),
    "as large as a city": lambda: svg(RECT, 'width="1000000000" height="1000000000"'),
    "like a thread": lambda: svg(RECT, 'viewBox="0 0 1 100000"'),
    "without a size": lambda: svg(RECT, ""),
    "without area": lambda: svg(RECT, 'viewBox="0 0 0 9"'),
    "one with half a million attributes": lambda: svg("<g " + " ".join(f'a{number}=""' for number in range(150_000)) + "/>"),
    "of 3 MB": lambda: svg(" " * 3_000_000),
    "a file beside it": lambda: svg('<use href="file:///etc/passwd#a"/>'),
}
