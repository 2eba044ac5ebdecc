// Python source code: several structural marks together; a keyword alone is prose.
rule source_python
{
    meta:
        description = "Python source code"
        severity = "medium"
        reference = "https://docs.python.org/3/reference/grammar.html"
    strings:
        $m1 = "self."
        $m2 = "__init__"
        $m3 = "__name__"
        $m4 = "    return "
        $m5 = "    elif "
        $m6 = "import "
        $m7 = "except "
        $m8 = "lambda "
        $m9 = "@property"
        $r1 = /(\b|\\[nrt])def [A-Za-z_]\w{0,60}\([^)]{0,300}\)( -> [^:]{1,80})?:/
        $r2 = /\bclass [A-Z]\w{0,60}(\([^)]{0,120}\))?:/
        $r3 = /\b(if|for|while|with|try|else)\b[^:\r\n]{0,120}:(\r?\n|\\n)/
    condition:
        3 of ($m*) and 2 of ($r*)
}
