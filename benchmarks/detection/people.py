"""Numbers of people and of companies, by country: values from the descriptions of their formats, and near misses.

The check digits are made by python-stdnum or by the faker provider of the country; the formats, keys and sentences are
written here, not taken from the rules. A near miss is a value whose check is broken, or that has a digit too many.
"""

from __future__ import annotations

import importlib
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from . import DIGITS, Case, alnum

__all__ = ["Kind", "cases_of", "checked", "fill", "identity", "made", "plain"]

Make = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A number: how it is made, what a member is called that holds it, how a sentence names it.

    Attributes:
        bare: whether it is to be found with no name beside it at all.
        broken: whether a changed check makes a near miss (a number without a check has none).
    """

    label: str
    make: Make
    keys: tuple[str, ...]
    names: tuple[str, ...]
    bare: bool = False
    broken: Make | None = None


def fill(rng: random.Random, template: str) -> str:
    """``#`` is a digit, ``@`` a letter, ``{ABC}`` one of these characters, ``{ab|cd}`` one of these words."""

    def one(match: re.Match[str]) -> str:
        text = match[0]
        if text == "#":
            return rng.choice(DIGITS)
        if text == "@":
            return rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ")
        body = text[1:-1]
        return rng.choice(body.split("|") if "|" in body else list(body))

    return re.sub(r"#|@|\{[^}]*\}", one, template)


def checked(module: str, *templates: str, good: bool = True) -> Make:
    """A value of one of the templates that python-stdnum accepts; or that it refuses."""

    def make(rng: random.Random) -> str:
        number: Any = importlib.import_module(f"stdnum.{module}")
        for _ in range(20_000):
            text = fill(rng, rng.choice(templates))
            if number.is_valid(text.replace(".", "").replace("/", "") if module in _PLAIN else text) is good:
                return text
        raise ValueError(f"no template of {module} makes such a number: {templates}")

    return make


#: Modules that do not take the punctuation that people write.
_PLAIN = frozenset(("es.dni", "de.idnr", "at.tin"))


def plain(*templates: str) -> Make:
    return lambda rng: fill(rng, rng.choice(templates))


def made(locale: str, method: str, **arguments: Any) -> Make:
    """A value of a faker provider."""

    def make(rng: random.Random) -> str:
        from faker import Faker

        fake = _FAKERS.get(locale)
        if fake is None:
            fake = _FAKERS[locale] = Faker(locale)
        fake.seed_instance(rng.getrandbits(32))
        return str(getattr(fake, method)(**arguments))

    return make


_FAKERS: dict[str, Any] = {}

#: Modules that look at the form alone: our values all pass, so a changed digit makes no near miss.
_FORM_ONLY = frozenset(("us.itin", "mx.rfc", "de.stnr", "id.nik", "my.nric", "pk.cnic"))


def of(
    label: str,
    module: str,
    templates: tuple[str, ...],
    keys: str,
    names: str,
    bare: bool = False,
    make: Make | None = None,
) -> Kind:
    return Kind(
        label,
        make or checked(module, *templates),
        tuple(keys.split()),
        tuple(names.split("|")),
        bare,
        checked(module, *templates, good=False) if templates and module not in _FORM_ONLY else None,
    )


def free(label: str, templates: tuple[str, ...], keys: str, names: str) -> Kind:
    return Kind(label, plain(*templates), tuple(keys.split()), tuple(names.split("|")))


KINDS: tuple[Kind, ...] = (
    # North America
    Kind(
        "US SSN",
        plain("{1234578}{1234}{1234}-{1234}#-{1234}###"),
        ("ssn", "socialSecurityNumber", "SSN", "customer_ssn", "us_ssn"),
        ("My SSN is", "Social security number:"),
        True,
        plain("000-12-####", "666-{1234}#-{1234}###", "{12345}{12}{12}-00-{1234}###"),
    ),
    Kind(
        "US SSN digits",
        plain("{12345}{1234}{1234}{1234}#{1234}###"),
        ("ssn", "social_security_number", "socialSecurityNo"),
        ("SSN", "social security number is"),
        False,
        plain("000{1234}#{1234}###"),
    ),
    of(
        "US ITIN",
        "us.itin",
        ("9##-7#-####", "9##8{01234567}####"),
        "itin taxpayerId individualTaxpayerNumber",
        "ITIN|My ITIN is",
    ),
    of("US EIN", "us.ein", ("##-#######",), "ein employerIdentificationNumber federal_tax_id", "EIN:|Our EIN is"),
    free(
        "US passport",
        ("{123456}########", "{AC}########"),
        "passport passportNumber us_passport passport_no",
        "passport number|US passport:",
    ),
    free(
        "US driving licence",
        ("{ADFHM}#######", "#########", "{AS}###-####-####", "{BDM}############"),
        "driverLicense drivers_license driver_license_number us_driver_license",
        "driver's license|Driver license number is|DL number",
    ),
    of(
        "CA SIN",
        "ca.sin",
        ("{1234567}## ### ###", "{1234567}##-###-###", "{1234567}########"),
        "sin socialInsuranceNumber sin_number",
        "My SIN is|social insurance number:",
    ),
    of(
        "MX CURP",
        "mx.curp",
        ("{GAMA|LOPR|PEHM|SAVD}{789}#0{123456789}1#{HM}{DF|JC|NL|VZ}{RNL}{PRS}{LNR}0#",),
        "curp claveUnica national_id",
        "CURP:|su CURP es",
        True,
    ),
    of(
        "MX RFC",
        "mx.rfc",
        ("{GAMA|LOPR|PEHM}{789}#0{123456789}1#{AB}#{123}",),
        "rfc rfcCliente taxId",
        "RFC|mi RFC es",
        True,
    ),
    # South America
    of("AR CUIT", "ar.cuit", ("20-########-#", "27########{0123456789}"), "cuit cuil tax_id", "CUIT:|El CUIT es"),
    free("AR DNI", ("{1234}#.###.###", "{1234}#######"), "dni documento numeroDocumento", "DNI|mi DNI es"),
    of("BR CPF", "br.cpf", ("###.###.###-##", "###########"), "cpf cpfCliente numero_cpf", "CPF:|meu CPF é"),
    of("BR CPF printed", "br.cpf", ("###.###.###-##",), "cpf document", "CPF:", True),
    of(
        "BR CNPJ",
        "br.cnpj",
        ("##.###.###/0001-##", "########0001##"),
        "cnpj cnpj_empresa companyTaxId",
        "CNPJ|o CNPJ da empresa é",
    ),
    of("CL RUT", "cl.rut", ("##.###.###-#", "########-#", "#.###.###-K"), "rut rutCliente tax_id", "RUT:|mi RUT es"),
    of("CO NIT", "co.nit", ("8##.###.###-#", "9########-#"), "nit nitEmpresa tax_id", "NIT"),
    free(
        "CO cédula", ("1.0##.###.###", "52######"), "cedula cedulaCiudadania cédula", "cédula|cédula de ciudadanía No."
    ),
    of("DO cédula", "do.cedula", ("###-#######-#", "###########"), "cedula cedulaIdentidad", "cédula"),
    of("EC cédula", "ec.ci", ("17########", "0{123456789}########"), "cedula numeroCedula", "cédula de identidad"),
    of("PE RUC", "pe.ruc", ("20#########",), "ruc numeroRuc", "RUC"),
    of("UY RUT", "uy.rut", ("21######001#",), "rut rutEmpresa", "RUT"),
    of("VE RIF", "ve.rif", ("J-########-#", "V########{0123456789}"), "rif numeroRif", "RIF"),
    # Europe
    of(
        "AT SVNR",
        "at.vnr",
        ("#### {1}#0{123456789}{678}#", "####{1}#0{123456789}{678}#"),
        "svnr sozialversicherungsnummer svNummer",
        "SVNR|Sozialversicherungsnummer:",
    ),
    of(
        "BE NN",
        "be.nn",
        ("{678}#.0{123456789}.1#-###.##", "{678}#0{123456789}1######"),
        "rijksregisternummer nationalNumber niss",
        "Rijksregisternummer|numéro national",
    ),
    of("BG EGN", "bg.egn", ("{678}#0{123456789}1#####",), "egn personalNumber", "ЕГН|EGN"),
    of(
        "CH AHV",
        "ch.ssn",
        ("756.####.####.##", "756##########"),
        "ahv ahvNummer avsNumber",
        "AHV-Nr.|numéro AVS",
        False,
    ),
    of(
        "CZ RČ",
        "cz.rc",
        ("{678}#0{123456789}1#/####", "{678}#5{123456789}1#/####"),
        "rodneCislo rodne_cislo birthNumber",
        "Rodné číslo|rodné číslo:",
        True,
    ),
    of(
        "DE tax id",
        "de.idnr",
        ("## ### ### ###", "###########"),
        "steuerId steuer_identifikationsnummer taxId",
        "Steuer-ID|Meine Steueridentifikationsnummer lautet",
    ),
    of("DE Steuernummer", "de.stnr", ("##/###/#####", "1##/####/####"), "steuernummer taxNumber", "Steuernummer"),
    Kind(
        "DE health insurance",
        lambda rng: made("de_DE", "kvnr")(rng)[:10],
        ("kvnr", "krankenversichertennummer", "versichertennummer"),
        ("KVNR", "Versichertennummer:"),
        False,
    ),
    Kind(
        "DE pension insurance",
        made("de_DE", "rvnr"),
        ("rvnr", "sozialversicherungsnummer", "svNummer"),
        ("Sozialversicherungsnummer", "Rentenversicherungsnummer:"),
    ),
    free(
        "DE identity card",
        ("L01X00T4#", "C01X0{046}{TRV}#{23}", "T22000{123}##"),
        "personalausweis ausweisnummer personalausweisnummer",
        "Personalausweis|Ausweisnummer:",
    ),
    Kind(
        "DK CPR",
        lambda rng: _cpr(rng),
        ("cpr", "cprNummer", "personnummer"),
        ("CPR", "CPR-nummer:"),
        True,
        plain("{45}#0{123456789}{678}#-####", "1#1{3456}{678}#-####"),
    ),
    of("EE isikukood", "ee.ik", ("{34}{678}#0{123456789}1#####",), "isikukood personalCode", "isikukood"),
    of("ES DNI", "es.dni", ("########@", "########-@"), "dni nif documento", "DNI|con DNI número"),
    of("ES DNI bare", "es.dni", ("########@",), "dni", "DNI", True),
    of("ES NIE", "es.nie", ("{XYZ}#######@", "{XYZ}-#######-@"), "nie numeroNie", "NIE"),
    of("ES CIF", "es.cif", ("B########", "A########"), "cif cifEmpresa", "CIF", True),
    of(
        "FI HETU",
        "fi.hetu",
        (
            "{1}#0{123456789}{678}#-###{0123456789ABCDEFHJKLMNPRSTUVWXY}",
            "{1}#0{123456789}0#A###{0123456789ABCDEFHJKLMNPRSTUVWXY}",
        ),
        "hetu henkilotunnus personalIdentityCode",
        "henkilötunnus|HETU",
        True,
    ),
    Kind(
        "FR NIR",
        made("fr_FR", "ssn"),
        ("nir", "numeroSecuriteSociale", "numero_secu"),
        ("numéro de sécurité sociale", "NIR :"),
        False,
        plain("184077512345600", "1 85 05 78 006 084 00"),
    ),
    Kind(
        "FR NIR spaced",
        lambda rng: re.sub(r"^(.)(..)(..)(..)(...)(...)(..)$", r"\1 \2 \3 \4 \5 \6 \7", made("fr_FR", "ssn")(rng)),
        ("nir", "securiteSociale"),
        ("sécurité sociale :",),
        True,
    ),
    of("FR SIREN", "fr.siren", ("### ### ###", "#########"), "siren numeroSiren", "SIREN|n° SIREN"),
    of("FR SIRET", "fr.siret", ("#########000##",), "siret numeroSiret", "SIRET"),
    of(
        "UK NHS",
        "gb.nhs",
        ("### ### ####", "###-###-####", "##########"),
        "nhsNumber nhs_number nhs",
        "NHS number|My NHS no is",
    ),
    Kind(
        "UK NINO",
        plain("{AB|CE|JG|NX|SP}######{ABCD}", "{AB|HK|PW} ## ## ## {ABCD}"),
        ("nino", "nationalInsuranceNumber", "ni_number"),
        ("National Insurance number", "NI number:"),
        False,
        plain("{BG|GB|KN|NT|TN|ZZ}######{ABCD}", "{DA|FA|QQ}######A"),
    ),
    Kind("UK NINO bare", plain("{AB|CE|JG|NX|SP}######{ABCD}"), ("nino",), ("NINO",), True),
    of("UK UTR", "gb.utr", ("##########",), "utr uniqueTaxpayerReference", "UTR|Unique Taxpayer Reference"),
    Kind(
        "UK driving licence",
        plain("{SMITH|JONES|BROWN|MORGA}{5678}{05}{1}{1}{2}#{AB|CD|J9}{9}{AB|XY}"),
        ("drivingLicence", "driving_licence_number", "licenceNumber"),
        ("driving licence number",),
        True,
    ),
    free("UK passport", ("{1234}########",), "passportNumber ukPassport", "passport number"),
    of("GR AMKA", "gr.amka", (), "amka", "ΑΜΚΑ|AMKA", make=made("el_GR", "ssn")),
    of("GR AFM", "gr.vat", ("0########",), "afm taxNumber", "ΑΦΜ"),
    of("HR OIB", "hr.oib", ("###########",), "oib osobniIdentifikacijskiBroj", "OIB"),
    of("HU adószám", "hu.anum", ("########",), "adoszam", "adószám"),
    of("IE PPS", "ie.pps", ("#######@", "#######@A"), "pps ppsNumber ppsn", "PPS number|PPSN", True),
    of("IS kennitala", "is_.kennitala", ("{1}#0{123456789}{678}#-###9",), "kennitala", "kennitala", True),
    of(
        "IT codice fiscale",
        "it.codicefiscale",
        ("{RSSMRA|BNCLRA|VRDGPP|FRRLCU}{678}#{ABCDEHLMPRST}1#{H501|F205|L219|A662}@",),
        "codiceFiscale codice_fiscale cf fiscal_code",
        "codice fiscale|C.F.",
        True,
    ),
    of("IT partita IVA", "it.iva", ("0##########",), "partitaIva piva partita_iva", "Partita IVA|P.IVA"),
    free(
        "IT identity card", ("C{AB}#####@@", "A{VXY}#######"), "cartaIdentita numeroCartaIdentita", "carta d'identità"
    ),
    free("IT driving licence", ("U1{H2}#####{01}@", "{MI|RM}#######@"), "patente numeroPatente", "patente di guida"),
    free("IT passport", ("{AA|YA|YB}#######",), "passaporto numeroPassaporto", "passaporto"),
    of("LT asmens kodas", "lt.asmens", ("{34}{678}#0{123456789}1#####",), "asmensKodas personalCode", "asmens kodas"),
    of(
        "LV personas kods",
        "lv.pvn",
        ("{1}#0{123456789}{678}#-1####", "32####-#####"),
        "personasKods personas_kods",
        "personas kods",
    ),
    of("NL BSN", "nl.bsn", ("#########",), "bsn burgerservicenummer", "BSN|burgerservicenummer"),
    of(
        "NO fødselsnummer",
        "no.fodselsnummer",
        (),
        "fodselsnummer fnr fødselsnummer",
        "fødselsnummer",
        make=made("no_NO", "ssn"),
    ),
    of("PL PESEL", "pl.pesel", ("{678}#0{123456789}1######",), "pesel numerPesel", "PESEL|numer PESEL"),
    of("PL NIP", "pl.nip", ("###-###-##-##", "##########"), "nip numerNip", "NIP"),
    of("PT NIF", "pt.nif", ("{12}########",), "nif contribuinte", "NIF|número de contribuinte"),
    of("RO CNP", "ro.cnp", ("{12}{678}#0{123456789}1#{0123}#####",), "cnp codNumericPersonal", "CNP"),
    Kind("JMBG", made("sr_BA", "ssn"), ("jmbg", "maticniBroj"), ("JMBG", "matični broj")),
    of("RU INN", "ru.inn", ("77##########", "77########"), "inn taxpayerInn", "ИНН|INN"),
    Kind("RU SNILS", lambda rng: _snils(rng), ("snils",), ("СНИЛС",), True),
    free(
        "RU passport",
        ("45 ## ######", "45 0# {123456}#####"),
        "passport passportSeriesNumber",
        "паспорт|Паспорт серия и номер",
    ),
    of(
        "SE personnummer",
        "se.personnummer",
        ("{678}#0{123456789}1#-####", "19{678}#0{123456789}1#-####"),
        "personnummer personalNumber",
        "personnummer",
        True,
    ),
    of("SE orgnr", "se.orgnr", ("55{6789}###-####",), "organisationsnummer orgNr", "organisationsnummer"),
    of("SI EMŠO", "si.emso", ("{1}#0{123456789}9{678}#50####",), "emso EMSO", "EMŠO"),
    of("TR kimlik", "tr.tckimlik", ("###########",), "tcKimlikNo tckn kimlik_no", "T.C. Kimlik No|TC kimlik numarası"),
    of("UA RNOKPP", "ua.rntrc", ("{23}#########",), "rnokpp taxNumber", "РНОКПП|ІПН"),
    of(
        "EU VAT",
        "eu.vat",
        (
            "DE#########",
            "ATU########",
            "NL#########B01",
            "PL##########",
            "BE0#########",
            "PT#########",
            "DK########",
            "FI########",
        ),
        "vatId vat_number vatNumber ustId",
        "VAT number|VAT:",
        True,
    ),
    # Asia and the Pacific
    of("AU ABN", "au.abn", ("## ### ### ###", "###########"), "abn australianBusinessNumber", "ABN|ABN:"),
    of("AU ACN", "au.acn", ("### ### ###",), "acn companyNumber", "ACN"),
    of("AU TFN", "au.tfn", ("### ### ###", "#########"), "tfn taxFileNumber", "TFN|tax file number"),
    Kind(
        "CN resident id", made("zh_CN", "ssn"), ("idCard", "id_number", "shenfenzheng"), ("身份证号", "ID card"), True
    ),
    Kind("HK identity card", lambda rng: _hkid(rng), ("hkid", "identityCard"), ("HKID", "Hong Kong identity card")),
    of("ID NIK", "id.nik", ("3171011#0{123456789}{678}#000#",), "nik nomorKtp", "NIK|No. KTP"),
    of(
        "IN Aadhaar",
        "in_.aadhaar",
        ("{23456789}### #### ####", "{23456789}###########"),
        "aadhaar aadhaarNumber uidai",
        "Aadhaar number|Aadhaar",
    ),
    Kind(
        "IN PAN",
        plain("@@@{PCHFT}@{123}###@"),
        ("pan", "panNumber", "panCard"),
        ("PAN", "PAN card number"),
        True,
        plain("@@@{DEMNRSXZ}@####@"),
    ),
    of(
        "IN GSTIN",
        "in_.gstin",
        ("{27|29|07|33}@@@{PC}@####@1Z{0123456789ABCDEFGHJKLMNPQRSTUVWXYZ}",),
        "gstin gstNumber",
        "GSTIN",
        True,
    ),
    free("IN voter id", ("{ABC|XGZ|WKH|KSD}#######",), "voterId epicNumber", "voter ID|EPIC number"),
    free(
        "IN vehicle",
        ("{KA|MH|DL|TN}0{12}{AB|MJ|CX}####", "MH 12 AB ####"),
        "vehicleNumber registrationNumber vehicle_registration",
        "vehicle registration number",
    ),
    free("IN passport", ("{JKLMZ}{1234567}######",), "passportNumber passport_no", "passport"),
    of(
        "IL identity",
        "il.idnr",
        ("0########", "{123}########"),
        "teudatZehut nationalId israeliId",
        "תעודת זהות|Teudat Zehut",
    ),
    of(
        "JP My Number",
        "jp.in_",
        ("#### #### ####", "############"),
        "myNumber individualNumber",
        "マイナンバー|My Number",
    ),
    Kind(
        "KR RRN",
        plain("{678}#0{123456789}1#-{12}######"),
        ("rrn", "residentRegistrationNumber", "jumin"),
        ("주민등록번호", "resident registration number"),
        True,
        plain("{678}#{2345}{123456789}1#-{12}######"),
    ),
    of("KR BRN", "kr.brn", ("{123}##-##-#####",), "brn businessRegistrationNumber", "사업자등록번호"),
    free("KR passport", ("M########", "M###{AB}####"), "passportNumber", "여권|passport"),
    free("KR driving licence", ("11-##-######-##",), "driverLicense licenseNumber", "운전면허|driver license"),
    of(
        "MY NRIC",
        "my.nric",
        ("{678}#0{123456789}1#-14-####", "{678}#0{123456789}1#10####"),
        "nric icNumber mykad",
        "NRIC|MyKad",
    ),
    of("NZ IRD", "nz.ird", ("{1}##-###-###", "{1}########"), "ird irdNumber", "IRD number"),
    of("PK CNIC", "pk.cnic", ("{1234}####-#######-{123456789}",), "cnic cnicNumber", "CNIC", True),
    Kind(
        "SG NRIC",
        lambda rng: _nric(rng),
        ("nric", "nricFin", "fin"),
        ("NRIC", "FIN number"),
        True,
        lambda rng: _nric(rng, 1),
    ),
    of("SG UEN", "sg.uen", ("20{01}######@", "########@"), "uen uenNumber", "UEN", True),
    of(
        "TH national id",
        "th.pin",
        ("{1357}-####-#####-##-#", "{1357}############"),
        "thaiId nationalId citizenId",
        "เลขประจำตัวประชาชน|Thai ID",
    ),
    Kind(
        "TW identity card", lambda rng: _twid(rng), ("nationalId", "idNumber", "identity_card"), ("身分證字號",), True
    ),
    free("VN citizen id", ("0{1234}#1########",), "cccd citizenId", "CCCD|căn cước"),
    # Africa and the Middle East
    Kind("AE Emirates id", lambda rng: _emirates(rng), ("emiratesId", "emirates_id_number"), ("Emirates ID",), True),
    free("NG NIN", ("{1234567}##########",), "nin ninNumber", "NIN|National Identification Number"),
    of(
        "ZA id",
        "za.idnr",
        ("{678}#0{123456789}1#####08#",),
        "saIdNumber idNumber southAfricanId",
        "SA ID number|ID number",
    ),
    # Any country
    Kind(
        "birth date",
        plain(
            "19{6789}#-0{123456789}-1#",
            "1#/0{123456789}/19{6789}#",
            "1#.0{123456789}.19{6789}#",
            "1# {March|May|June} 19{6789}#",
        ),
        ("dateOfBirth", "dob", "birthDate", "geburtsdatum"),
        ("born on", "DOB:", "date of birth"),
        False,
        plain("19{6789}#-1{456}-1#", "3{456}/0{1234}/19##"),
    ),
    free(
        "driving licence",
        ("{12}########", "{AB}#######"),
        "driverLicenceNumber permisDeConduire carnet_conducir",
        "driving licence|permis de conduire",
    ),
    free(
        "vehicle plate",
        ("{AB|XY}## CDE", "{AB|CD}-###-{EF|GH}"),
        "licensePlate numberPlate kennzeichen",
        "licence plate|Kennzeichen",
    ),
    free(
        "national id",
        ("{AB}######", "############"),
        "nationalId national_id_number governmentId",
        "national ID number",
    ),
)


def _snils(rng: random.Random) -> str:
    digits = fill(rng, "{1}########")
    check = sum(int(d) * w for d, w in zip(digits, range(9, 0, -1), strict=True)) % 101 % 100
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]} {check:02}"


def _cpr(rng: random.Random) -> str:
    """As issued before 2007, with its mod 11 digit."""
    while True:
        digits = fill(rng, "{1}#0{123456789}{678}#{0123}##")
        check = -sum(int(d) * w for d, w in zip(digits, (4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        if check < 10:
            return f"{digits[:6]}-{digits[6:]}{check}"


def _hkid(rng: random.Random) -> str:
    text = fill(rng, "{ACGKRYZ}######")
    total = 36 * 9 + sum(int(ch, 36) * w for ch, w in zip(text, range(8, 1, -1), strict=True))
    return f"{text}({'0123456789A'[-total % 11]})"


def _nric(rng: random.Random, off: int = 0) -> str:
    text = fill(rng, "{STFG}#######")
    total = sum(int(d) * w for d, w in zip(text[1:], (2, 7, 6, 5, 4, 3, 2), strict=True)) + 4 * (text[0] in "TG")
    return text + ("JZIHGFEDCBA" if text[0] in "ST" else "XWUTRQPNMLK")[(total + off) % 11]


def _twid(rng: random.Random) -> str:
    text = fill(rng, "{ABF}{12}#######")
    letter = {"A": 10, "B": 11, "F": 15}[text[0]]
    total = letter // 10 + 9 * (letter % 10) + sum(int(d) * w for d, w in zip(text[1:], range(8, 0, -1), strict=True))
    return f"{text}{-total % 10}"


def _emirates(rng: random.Random) -> str:
    from stdnum import luhn

    digits = fill(rng, "78419{678}########")
    digits += luhn.calc_check_digit(digits)
    return f"{digits[:3]}-{digits[3:7]}-{digits[7:14]}-{digits[14]}"


_BEFORE = ("", "Hello, ", "Per your request: ", "Update for the file. ", "Hi team, ")
_BEHIND = ("", ".", " thanks", ", please confirm.", " and the rest follows by post.")


def identity(count: int, seed: int = 11) -> Iterator[Case]:
    """Each kind in a member with its name, in a sentence, inside an object with its name; near misses the same way."""
    rng = random.Random(seed)
    each = max(8, count // 12)
    for kind in KINDS:
        yield from cases_of(rng, kind, each, "identity")


def cases_of(rng: random.Random, kind: Kind, count: int, family: str) -> Iterator[Case]:
    """``count`` positives of a kind, and half as many near misses, each dressed as its family's values come."""
    for at in range(count):
        value = kind.make(rng)
        yield _dressed(rng, kind, value, value, family)
        if kind.broken is not None and at % 2:
            yield _dressed(rng, kind, kind.broken(rng), None, family)
        elif at % 2:
            # Inside a longer token it is something else.
            text = f"{alnum(rng, 9).lower()}{value.replace(' ', '')}{alnum(rng, 7).lower()}"
            yield Case(family, kind.label, text)


def _dressed(rng: random.Random, kind: Kind, value: str, find: str | None, family: str) -> Case:
    key = rng.choice(kind.keys)
    form = rng.randrange(4 if kind.bare else 3)
    if form == 0:
        return Case(family, kind.label, value, find, key)
    if form == 1:
        text = f"{rng.choice(_BEFORE)}{rng.choice(kind.names)} {value}{rng.choice(_BEHIND)}"
        return Case(family, kind.label, text, find)
    if form == 2:
        return Case(family, kind.label, value, find, rng.choice(("value", "number", "no")), path=("customer", key))
    return Case(family, kind.label, rng.choice((value, f"{rng.choice(_BEFORE)}{value}{rng.choice(_BEHIND)}")), find)
