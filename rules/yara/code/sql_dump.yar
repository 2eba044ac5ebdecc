// SQL dump: several structural marks together; a keyword alone is prose.
rule sql_dump
{
    meta:
        description = "SQL dump"
        severity = "medium"
        reference = "https://dev.mysql.com/doc/refman/8.4/en/mysqldump.html"
    strings:
        $m1 = "CREATE TABLE " nocase
        $m2 = "INSERT INTO " nocase
        $m3 = "PRIMARY KEY" nocase
        $m4 = "DROP TABLE IF EXISTS" nocase
        $m5 = "LOCK TABLES" nocase
        $m6 = "ALTER TABLE " nocase
        $m7 = "NOT NULL" nocase
        $m8 = "dump" nocase
        $m9 = "COPY public." nocase
        $r1 = /create table (if not exists )?[`"\\\w.\[\]]{1,80}\s*\(/ nocase
        $r2 = /insert into [`"\\\w.\[\]]{1,80}\s*(\([^)]{1,400}\)\s*)?values\s*\(/ nocase
        $r3 = /copy [\w.]{1,80} \([^)]{1,400}\) from stdin;/ nocase
    condition:
        3 of ($m*) and 2 of ($r*)
}
