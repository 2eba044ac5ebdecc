// The head of a file in decoded content: a payload as sent never begins so.
rule file_gzip
{
    meta:
        description = "gzip stream in decoded content"
        severity = "medium"
        reference = "https://www.rfc-editor.org/rfc/rfc1952"
    strings:
        $head = { 1F 8B 08 }
    condition:
        decoded and $head at 0 and uint8(3) < 32 and filesize >= 18
}
