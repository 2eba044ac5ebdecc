// The head of a file in decoded content: a payload as sent never begins so.
rule file_jpeg
{
    meta:
        description = "JPEG image in decoded content"
        severity = "info"
        reference = "https://www.w3.org/Graphics/JPEG/itu-t81.pdf"
    strings:
        $head = { FF D8 FF (C0 | C4 | DB | E0 | E1 | E2 | E3 | E8 | ED | EE | FE) }
    condition:
        decoded and $head at 0
}
