// JavaScript or TypeScript source code: several structural marks together; a keyword alone is prose.
rule source_javascript
{
    meta:
        description = "JavaScript or TypeScript source code"
        severity = "medium"
        reference = "https://tc39.es/ecma262/"
    strings:
        $m1 = "module.exports"
        $m2 = "=> {"
        $m3 = " === "
        $m4 = "console.log("
        $m5 = "require("
        $m6 = "JSON.parse("
        $m7 = "export default"
        $m8 = "document."
        $m9 = "async "
        $r1 = /(\b|\\[nrt])(const|let|var) [A-Za-z_$\{][\w$ ,\}]{0,60} = /
        $r2 = /\bfunction\s*\*? ?[A-Za-z_$]{0,40}\([^)]{0,200}\) ?\{/
        $r3 = /\([\w$, ]{0,80}\) => /
        $r4 = /\breturn [^;\r\n]{1,120};/
    condition:
        3 of ($m*) and 2 of ($r*)
}
