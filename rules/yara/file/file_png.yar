// The head of a file in decoded content: a payload as sent never begins so.
rule file_png
{
    meta:
        description = "PNG image in decoded content"
        severity = "info"
        reference = "https://www.w3.org/TR/png-3/"
    strings:
        $head = { 89 50 4E 47 0D 0A 1A 0A }
    condition:
        decoded and $head at 0
}
