// C or C++ source code: several structural marks together; a keyword alone is prose.
rule source_c
{
    meta:
        description = "C or C++ source code"
        severity = "medium"
        reference = "https://www.open-std.org/jtc1/sc22/wg14/"
    strings:
        $m1 = "#include <"
        $m2 = "#include \""
        $m3 = "#define "
        $m4 = "int main("
        $m5 = "std::"
        $m6 = "sizeof("
        $m7 = "printf("
        $m8 = "typedef struct"
        $m9 = "#ifndef "
        $m10 = "malloc("
        $m11 = "NULL"
        $m12 = "template <"
        $m13 = "#endif"
        $m14 = "#ifdef "
        $m15 = "typedef "
        $m16 = "extern "
        $r1 = /(\b|\\[nrt])(static |const |inline |unsigned )*(void|int|char|bool|size_t|float|double|auto|uint\d+_t)[ *]+[A-Za-z_]\w{0,60}\([^)]{0,200}\)\s*(const )?\{/
        $r2 = /\breturn [^;\r\n]{0,120};/
        $r3 = /\b(struct|class|enum) [A-Za-z_]\w{0,60}\s*\{/
        $r4 = /\b(extern|typedef|void|int|char|const|struct) [^;{}\r\n]{1,160}\)[^;{}()\r\n]{0,40};/
        $r5 = /#(ifndef|define|ifdef|include) [^\r\n]{1,120}/
    condition:
        3 of ($m*) and 2 of ($r*)
}
