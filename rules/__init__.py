"""The rule files that ship with dlpcore, as the package ``dlpcore.rulepacks``. Data only: no code belongs here."""
