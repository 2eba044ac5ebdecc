// The head of a file in decoded content: a payload as sent never begins so.
rule file_ole2
{
    meta:
        description = "OLE2 document (legacy Office, MSI, Outlook) in decoded content"
        severity = "medium"
        reference = "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-cfb/"
    strings:
        $head = { D0 CF 11 E0 A1 B1 1A E1 }
    condition:
        decoded and $head at 0
}
