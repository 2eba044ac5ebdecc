// The head of a file in decoded content: a payload as sent never begins so.
rule file_elf
{
    meta:
        description = "ELF executable in decoded content"
        severity = "high"
        reference = "https://refspecs.linuxfoundation.org/elf/elf.pdf"
    strings:
        $head = { 7F 45 4C 46 (01 | 02) (01 | 02) 01 }
    condition:
        decoded and $head at 0
}
