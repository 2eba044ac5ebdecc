// Java or C# source code: several structural marks together; a keyword alone is prose.
rule source_java
{
    meta:
        description = "Java or C# source code"
        severity = "medium"
        reference = "https://docs.oracle.com/javase/specs/"
    strings:
        $m1 = "public class "
        $m2 = "public static "
        $m3 = "private final "
        $m4 = "import java"
        $m5 = "System.out."
        $m6 = "@Override"
        $m7 = "using System"
        $m8 = "namespace "
        $m9 = "this."
        $m10 = "private readonly "
        $m11 = "public async "
        $m12 = "Console.WriteLine("
        $m13 = "private "
        $r1 = /(\b|\\[nrt])(public|private|protected|internal) [\w<>\[\], ]{1,80}\([^)]{0,200}\)\s*\{/
        $r2 = /\b(class|interface|enum) [A-Z]\w{0,60}[^{;]{0,120}\{/
        $r3 = /\b(return|new) [^;\r\n]{1,120};/
    condition:
        3 of ($m*) and 2 of ($r*)
}
