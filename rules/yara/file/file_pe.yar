// The head of a file in decoded content: a payload as sent never begins so.
rule file_pe
{
    meta:
        description = "Windows executable (PE) in decoded content"
        severity = "high"
        reference = "https://learn.microsoft.com/en-us/windows/win32/debug/pe-format"
    strings:
        $signature = { 50 45 00 00 }
    condition:
        decoded and uint16(0) == 0x5A4D and uint32(0x3C) < filesize and $signature at uint32(0x3C)
}
