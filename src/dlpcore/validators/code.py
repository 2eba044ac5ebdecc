"""Checks of source code: whether a text is a program of some length, by the structure of its lines.

Theory of operation. Each language has kinds of lines that prose and data do not have: heads of functions, imports,
returns, branches. A keyword alone is prose, a snippet of a few lines is talk about code (issue comments are full of
both): a text is source when many of its lines are such lines, and of several kinds.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = ["LANGUAGES", "SOURCES"]

#: Lines that must be structure, of how many kinds, and their share of the lines that are not empty.
_LINES, _KINDS, _SHARE = 12, 4, 0.25
#: From here on it is a file, not an excerpt.
_FILE = 40

_C_FLOW = (
    rb"(?:\}[ ]?)?(?:if|else if|for|while|switch|catch)[ ]?\([^\n]{0,200}\)[ ]?\{?[ ]*$"
    rb"|(?:\}[ ]?)?else[ ]?\{[ ]*$|do \{[ ]*$"
)
_C_RETURN = rb"return\b[^\n]{0,160};[ ]*$"
_C_CLOSE = rb"[})\]]{1,4};?,?[ ]*$"
_C_CALL = rb"(?!return|throw|else)[A-Za-z_][\w.>:-]{0,80}\([^\n]{0,200}\);[ ]*$"
_C_ASSIGN = rb"[A-Za-z_*][\w.>\[\]:&* -]{0,80} [+|&-]?= [^\n]{1,160};[ ]*$"

#: Kinds of lines by language; each expression starts behind the indentation.
LANGUAGES: Mapping[str, Mapping[str, bytes]] = MappingProxyType(
    {
        "c": {
            "include": rb"#[ ]?(?:include [<\"]|define \w|if(?:n?def)?\b|endif|pragma \w|undef \w)",
            "function": rb"(?:(?:static|const|inline|extern|unsigned|virtual|explicit|constexpr|struct"
            rb"|template<[^\n]{1,60}>) )*"
            rb"[A-Za-z_][\w:<>]{0,60}[ *&]{1,4}[\w:~]{1,60}\([^\n;]{0,200}\)?(?: const"
            rb"| noexcept| override)*[ ]?\{?[ ]*$",
            "type": rb"(?:typedef |struct \w|enum \w|union \w|class \w|namespace \w|public:|private:"
            rb"|protected:|using \w)",
            "declaration": rb"(?:(?:static|const|unsigned|struct|volatile|register) )*(?:int|char|size_t"
            rb"|u?int\d+_t|bool|float|double|long|auto|std::\w[\w:<>, ]{0,40})"
            rb"[ *&]+\w+(?:\[[^\n\]]{0,40}\])?(?:[ ]=[^\n]{0,160})?;",
            "flow": _C_FLOW,
            "return": _C_RETURN,
            "call": _C_CALL,
            "assignment": _C_ASSIGN,
            "case": rb"(?:case [^\n:]{1,60}|default):",
            "close": _C_CLOSE,
        },
        "go": {
            "package": rb"package \w+[ ]*$|import (?:\(|\")",
            "function": rb"func (?:\([^\n)]{1,60}\) )?\w+(?:\[[^\n\]]{1,60}\])?\([^\n]{0,200}\{[ ]*$",
            "type": rb"type \w+ (?:struct|interface|func|map|\[\]|\w+)",
            "flow": rb"(?:\} else )?(?:if|for|switch|select)\b[^\n]{0,160}\{[ ]*$",
            "assignment": rb"[\w.,\[\] *]{1,80} :?= [^\n]{1,160}$",
            "return": rb"return\b[^\n;]{0,160}$",
            "defer": rb"(?:defer|go) [\w.]+\(",
            "error": rb"if err != nil \{|return (?:nil, )?(?:err|fmt\.Errorf|errors\.)",
            "close": rb"[})]{1,3},?[ ]*$",
        },
        "java": {
            "import": rb"(?:import (?:static )?[\w.]+\*?;|package [\w.]+;|using [\w.= ]+;|namespace [\w.]+)",
            "type": rb"(?:(?:public|private|protected|internal|abstract|final|sealed|static|partial) )*(?:class"
            rb"|interface|enum|record|struct) \w+[^\n;]{0,120}\{?[ ]*$",
            "member": rb"(?:(?:public|private|protected|internal|static|final|readonly|async|override"
            rb"|virtual|abstract|synchronized) )+[\w<>\[\]?, .]{1,80} \w+(?:\([^\n]{0,200})?[ ;={)]*",
            "annotation": rb"@[A-Z]\w+(?:\([^\n]{0,120}\))?[ ]*$|\[[A-Z]\w+(?:\([^\n]{0,120}\))?\][ ]*$",
            "flow": _C_FLOW + rb"|(?:try|finally)[ ]?\{|foreach[ ]?\(",
            "return": _C_RETURN + rb"|throw new \w+",
            "new": rb"[\w<>\[\], ?.]{1,60} \w+ = [^\n]{1,160};[ ]*$",
            "call": _C_CALL,
            "assignment": rb"this\.\w+ = |[\w.]{1,60} = [^\n]{1,120};[ ]*$",
            "close": _C_CLOSE,
        },
        "javascript": {
            "import": rb"(?:import (?:[\w*{][^\n]{0,120} from )?['\"]|export (?:default|const|function"
            rb"|class|async|\{|type|interface)|(?:const|let|var) [^\n=]{1,80} = (?:await )?(?:require"
            rb"|import)\(|module\.exports|['\"]use strict['\"])",
            "function": rb"(?:export )?(?:default )?(?:async )?function\*? ?\w*\([^\n]{0,200}|(?:static "
            rb"|async |get |set )*\w+\([^\n;]{0,160}\)(?::[ ]?[\w<>\[\]| ]{1,60})? \{[ ]*$",
            "arrow": rb"[^\n]{0,120}=> ?[\w({\[]",
            "binding": rb"(?:const|let|var) [\w${\[][^\n]{0,160}",
            "type": rb"(?:export )?(?:class|interface|type|enum) \w+[^\n]{0,80}[{=]",
            "flow": _C_FLOW + rb"|(?:try|finally)[ ]?\{",
            "return": rb"return\b[^\n]{0,160}[;({\[][ ]*$",
            "call": rb"(?:await )?[A-Za-z_$][\w$.]{0,80}\([^\n]{0,160}\);?[ ]*$",
            "assignment": rb"(?:this|self|exports|module)?\.?[\w$.]{1,60} = [^\n]{1,120};[ ]*$",
            "close": rb"[})\]]{1,4}[;,]?[ ]*$",
        },
        "python": {
            "import": rb"(?:import [\w.]+(?: as \w+)?[ ]*$|from [\w.]+ import \w)",
            "function": rb"(?:async )?def \w+\(",
            "class": rb"class \w+(?:\([^\n)]{0,120}\))?:",
            "flow": rb"(?:if|elif|for|while|with|async with|async for|except|match|case)\b[^\n]{0,160}:[ ]*$"
            rb"|(?:try|else|finally):[ ]*$",
            "return": rb"(?:return|yield|raise|assert|await|del|global|nonlocal)\b[^\n]{0,160}$",
            "self": rb"self\.\w+",
            "decorator": rb"@\w[\w.]*(?:\([^\n]{0,120}\)?)?[ ]*$",
            "assignment": rb"[A-Za-z_][\w.\[\]'\", ]{0,60}(?:: ?[\w\[\], .|]{1,60})? (?:[+*/|&-]|//)?= [^\n]{1,160}$",
            "docstring": rb"[rbu]?\"\"\"",
            "call": rb"[A-Za-z_][\w.]{0,60}\([^\n]{0,160}\)[ ]*$",
            "flow-word": rb"(?:pass|break|continue)[ ]*$",
        },
        "php": {
            "open": rb"<\?php|namespace [\w\\]+;|use [\w\\]+(?: as \w+)?;",
            "function": rb"(?:(?:public|private|protected|static|abstract|final) )*function &?\w*\(",
            "class": rb"(?:(?:abstract|final) )*(?:class|interface|trait) \w+",
            "assignment": rb"\$\w+(?:->\w+|\[[^\n\]]{1,40}\])* \.?= [^\n]{1,160};",
            "member": rb"(?:public|private|protected|static) (?:\??\w+ )?\$\w+|\$this->\w+",
            "flow": _C_FLOW + rb"|foreach[ ]?\(",
            "return": _C_RETURN,
            "echo": rb"(?:echo|print|require_once|include)\b[^\n]{1,160};",
            "close": _C_CLOSE,
        },
        "ruby": {
            "require": rb"(?:require|require_relative|include|extend|load) ['\":A-Z]",
            "function": rb"def (?:self\.)?\w+[?!]?(?:\([^\n]{0,120}\))?[ ]*$",
            "class": rb"(?:class|module) [A-Z]\w+(?:::\w+)*(?: < [\w:]+)?[ ]*$",
            "block": rb"[^\n]{1,120} do(?: \|[^\n|]{1,60}\|)?[ ]*$",
            "end": rb"end[ ]*$",
            "flow": rb"(?:if|unless|elsif|case|when|while|until|rescue|ensure|begin|else)\b[^\n]{0,120}$",
            "instance": rb"@{1,2}\w+(?: \|\|)?[ ]?=?",
            "attribute": rb"(?:attr_(?:reader|accessor|writer)|has_many|belongs_to|validates|before_action|scope) :",
            "assignment": rb"\w+ = [^\n;]{1,120}$",
        },
        "rust": {
            "use": rb"(?:pub )?(?:use [\w:{]|mod \w+|extern crate)",
            "function": rb"(?:pub(?:\([a-z]+\))? )?(?:async |const |unsafe )*fn \w+(?:<[^\n]{1,80}>)?\(",
            "type": rb"(?:pub )?(?:struct|enum|trait|impl|type|union)\b[^\n]{1,120}",
            "let": rb"let (?:mut )?[\w(,: <>)]{1,60} = [^\n]{1,160}",
            "match": rb"[^\n]{1,80} => [^\n]{1,120},?[ ]*$|match [^\n]{1,80} \{",
            "attribute": rb"#!?\[\w+[^\n]{0,100}\]",
            "macro": rb"(?:println|format|vec|panic|assert(?:_eq)?|write(?:ln)?|debug|info)!\(",
            "flow": rb"(?:\} else )?(?:if|for|while|loop)\b[^\n]{0,120}\{[ ]*$|\} else \{",
            "question": rb"[^\n]{1,160}(?:\?|\.unwrap\(\)|\.clone\(\));[ ]*$",
            "close": _C_CLOSE,
        },
        "shell": {
            "shebang": rb"#!/(?:usr/)?bin/(?:env )?(?:ba|z|k)?sh|set -[a-z]{1,4}\b",
            "flow": rb"(?:if|elif) (?:\[|test |!|command )[^\n]{1,160}|(?:then|else|fi|do|done"
            rb"|esac|;;)[ ]*$|(?:for|while|case) [^\n]{1,120}(?:; ?do|in)[ ]*$",
            "function": rb"(?:function )?\w+[ ]?\(\) ?\{[ ]*$",
            "variable": rb"(?:export |local |readonly |declare )?[A-Za-z_]\w*=[\"'$(\w/]",
            "expansion": rb"[^\n]{0,80}\$\{?\w+[^\n]{0,120}$",
            "command": rb"(?:echo|cd|mkdir|rm|cp|mv|chmod|curl|source|exit|return|shift|trap|printf"
            rb"|exec|sudo|grep|sed|awk) [^\n]{1,160}$",
            "close": rb"\}[ ]*$",
        },
        "sql": {
            "create": rb"(?i:create (?:or replace )?(?:temp(?:orary)? )?(?:table|view|index|function"
            rb"|procedure|trigger|unique index|type|schema)\b)",
            "select": rb"(?i:select\b[^\n]{1,160}|from [\w.\"`]+|(?:left |right |inner |outer |cross )*join [\w.\"`]+)",
            "where": rb"(?i:where [^\n]{1,160}|and [\w.\"`]+ (?:=|<|>|in|like|is)|group by |order by "
            rb"|having |on [\w.\"`]+ = )",
            "change": rb"(?i:insert into |update [\w.\"`]+ set|delete from |alter table |drop (?:table"
            rb"|index|view)|grant |revoke )",
            "column": rb"[\"`\[]?\w+[\"`\]]? (?i:int|integer|bigint|varchar|text|timestamp|date"
            rb"|numeric|decimal|boolean|uuid|serial|char|jsonb?)\b[^\n]{0,100},?[ ]*$",
            "block": rb"(?i:begin|end;?|declare|return(?:s)?|if [^\n]{1,80} then|language \w+|as \$\$|values)\b",
            "key": rb"(?i:(?:primary|foreign|unique) key|constraint \w+|references \w+)",
        },
    }
)
#: Kinds of lines that only this language has: without some of them it is another one, or configuration.
_DECISIVE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "c": frozenset({"include", "type", "declaration"}),
        "go": frozenset({"package", "error", "function", "defer"}),
        "java": frozenset({"import", "member", "annotation"}),
        "javascript": frozenset({"import", "arrow", "binding"}),
        "python": frozenset({"import", "function", "self", "decorator", "flow"}),
        "php": frozenset({"open", "assignment", "member"}),
        "ruby": frozenset({"end", "function", "instance"}),
        "rust": frozenset({"function", "let", "attribute", "use"}),
        "shell": frozenset({"shebang", "flow"}),
        "sql": frozenset({"create", "change", "select"}),
    }
)
_MIN_DECISIVE, _OWN_SHARE = 3, 0.1


_BLANK_LINE = rb"^[ \t]*(?:(?://|#|\*|/\*|--)[^\n]*)?\r?$"


def _check(kinds: Mapping[str, bytes], decisive: frozenset[str]) -> Callable[[bytes], float]:
    names = {f"k{index}": kind for index, kind in enumerate(kinds)}

    @functools.cache
    def compiled() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
        """The kinds of lines, and lines that are empty but for a comment: compiled for the first text of a language."""
        each = b"|".join(b"(?P<" + name.encode() + b">" + kinds[kind] + b")" for name, kind in names.items())
        line = re.compile(rb"^[+-]?[ \t]{0,64}(?:" + each + rb")", re.MULTILINE)
        return line, re.compile(_BLANK_LINE, re.MULTILINE)

    def check(value: bytes) -> float:
        line, blank = compiled()
        text = value.replace(b"\r\n", b"\n")
        counts = Counter(names[match.lastgroup or ""] for match in line.finditer(text))
        structure = sum(counts.values())
        lines = text.count(b"\n") + 1
        own = sum(counts[kind] for kind in decisive)
        if structure < _LINES or len(counts) < _KINDS or own < max(_MIN_DECISIVE, structure * _OWN_SHARE):
            return 0.0
        if structure < _SHARE * (lines - sum(1 for _ in blank.finditer(text))):
            return 0.0
        return 0.7 if structure >= _FILE else 0.5

    return check


#: The check of each language, by the name that rules use for it.
SOURCES: Mapping[str, Callable[[bytes], float]] = MappingProxyType(
    {f"{language}-source": _check(kinds, _DECISIVE[language]) for language, kinds in LANGUAGES.items()}
)
