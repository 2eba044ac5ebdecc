// The head of a file in decoded content: a payload as sent never begins so.
rule file_zip
{
    meta:
        description = "ZIP archive (also office documents and JAR) in decoded content"
        severity = "medium"
        reference = "https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT"
    strings:
        $entry = { 50 4B 03 04 }
        $empty = { 50 4B 05 06 }
    condition:
        decoded and ($entry at 0 or $empty at 0)
}
