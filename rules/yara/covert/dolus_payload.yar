// A JSON document followed by the mark that Dolus writes and a run of its four symbols.
// Each character is eight base-4 digits, and of a character below U+0100 the first four are tabs.
rule dolus_payload
{
    meta:
        description = "JSON followed by a Dolus run of white space"
        severity = "high"
        reference = "https://www.rfc-editor.org/rfc/rfc8259#section-2"
    strings:
        $run = { (7D | 5D) [0-4] 0D 0A 09 20 09 09 09 09 (09 | 0A | 0D | 20) (09 | 0A | 0D | 20) (09 | 0A | 0D | 20) (09 | 0A | 0D | 20) }
    condition:
        $run
}
