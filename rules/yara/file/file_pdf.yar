// The head of a file in decoded content: a payload as sent never begins so.
rule file_pdf
{
    meta:
        description = "PDF document in decoded content"
        severity = "medium"
        reference = "https://www.iso.org/standard/75839.html"
    strings:
        $head = "%PDF-"
    condition:
        decoded and $head in (0..1024) and filesize > 8
}
