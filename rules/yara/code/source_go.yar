// Go source code: several structural marks together; a keyword alone is prose.
rule source_go
{
    meta:
        description = "Go source code"
        severity = "medium"
        reference = "https://go.dev/ref/spec"
    strings:
        $m1 = "package main"
        $m2 = "if err != nil"
        $m3 = "return nil"
        $m4 = "fmt."
        $m5 = "import ("
        $m6 = "defer "
        $m7 = "make(map["
        $m8 = "chan "
        $m9 = "interface{}"
        $m10 = " := "
        $m11 = " struct {"
        $r1 = /(\b|\\[nrt])func (\([^)]{1,60}\) )?[A-Za-z_]\w{0,60}\([^)]{0,200}\)[^{\r\n]{0,80}\{/
        $r2 = /\btype [A-Z]\w{0,60} (struct|interface) \{/
        $r3 = /\bpackage [a-z]\w{0,30}(\r?\n|\\n)/
    condition:
        3 of ($m*) and 2 of ($r*)
}
