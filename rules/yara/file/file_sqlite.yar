// The head of a file in decoded content: a payload as sent never begins so.
rule file_sqlite
{
    meta:
        description = "SQLite database in decoded content"
        severity = "medium"
        reference = "https://www.sqlite.org/fileformat2.html"
    strings:
        $head = "SQLite format 3\x00"
    condition:
        decoded and $head at 0
}
