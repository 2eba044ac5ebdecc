"""Secrets without a vendor's format, in the dresses they have in payloads, beside what only looks like one. Seeded."""

from __future__ import annotations

import base64
import json
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

from . import DIGITS, LOWER, UPPER, Case, alnum

__all__ = ["cases"]

ALNUM = UPPER + LOWER + DIGITS
URLSAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_PASSWORD_KEYS, _SECRET_KEYS = _TABLES["password_keys"], _TABLES["secret_keys"]
_LINES, _AROUND, _SCHEMES, _WORDS = (_TABLES[name] for name in ("lines", "around", "schemes", "words"))
_NOT_SECRETS, _NOT_TEXTS = _TABLES["not_secrets"], _TABLES["not_texts"]
_ALPHABETS = {"alnum": ALNUM, "base64": BASE64, "urlsafe": URLSAFE, "lower": LOWER, "hex": "0123456789abcdef"}
_NOT_KEYS = [(name, _ALPHABETS[alphabet]) for name, alphabet in _TABLES["not_keys"].items()]


def random_secret(rng: random.Random) -> str:
    """What a generator of tokens writes."""
    size = rng.choice((16, 20, 24, 32, 40, 48, 64))
    return rng.choice(
        (
            alnum(rng, size, ALNUM),
            alnum(rng, size, ALNUM),
            alnum(rng, size, "0123456789abcdef"),
            alnum(rng, size, URLSAFE),
            base64.b64encode(rng.randbytes(size)).decode(),
            alnum(rng, size, LOWER + DIGITS),
        )
    )


def chosen_password(rng: random.Random) -> str:
    """What a person, or a generator of passwords, writes."""
    word, other = rng.choice(_WORDS), rng.choice(_WORDS)
    mark = rng.choice("!@#$%&*?+=.-_")
    return rng.choice(
        (
            word.capitalize() + mark + str(rng.randrange(10, 9999)),
            word.capitalize() + other.capitalize() + str(rng.randrange(100)),
            word.replace("o", "0").replace("e", "3") + mark + other,
            alnum(rng, rng.randrange(10, 20), ALNUM + "!@#%^*_-+"),
            alnum(rng, rng.randrange(8, 17), ALNUM),
            f"{word}-{other}-{rng.choice(_WORDS)}-{rng.randrange(10, 99)}",
            word + str(rng.randrange(100, 99999)),
        )
    )


def _assignment(rng: random.Random, keys: list[str], value: str) -> str:
    line = rng.choice(_LINES)
    return rng.choice(_AROUND).format(line.format(k=rng.choice(keys), v=value))


def _text_safe(value: str) -> str:
    return value.replace("&", "8").replace("#", "7").replace("$", "5").replace("%", "4")


def _pem(rng: random.Random) -> str:
    label = rng.choice(("RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "", "PGP ", "ED25519 "))
    body = base64.b64encode(rng.randbytes(rng.choice((48, 121, 600, 1192)))).decode()
    rows = [body[i : i + 64] for i in range(0, len(body), 64)]
    block = " BLOCK" if label == "PGP " else ""
    head = f"-----BEGIN {label}PRIVATE KEY{block}-----"
    if label == "PGP ":
        head += "\nVersion: GnuPG v2\n"
    if label == "RSA " and rng.random() < 0.3:
        head += "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,F4E2D1C0B9A8978685746352413F2E1D\n"
    text = "\n".join((head, *rows, f"-----END {label}PRIVATE KEY{block}-----"))
    return rng.choice(
        (
            text,
            text,
            text.replace("\n", "\\n"),
            text.replace("\n", "\\\\n"),
            text.replace("\n", " "),
            text.replace("\n", "\r\n"),
            text[: text.index("-----END") - 1],
        )
    )


def _putty(rng: random.Random) -> str:
    lines = [base64.b64encode(rng.randbytes(48)).decode() for _ in range(4)]
    return (
        f"PuTTY-User-Key-File-{rng.choice('23')}: ssh-rsa\nEncryption: none\nComment: key\n"
        f"Public-Lines: 2\n{lines[0]}\n{lines[1]}\n"
        f"Private-Lines: 2\n{lines[2]}\n{lines[3]}\nPrivate-MAC: {rng.getrandbits(160):040x}"
    )


def _ssh2(rng: random.Random) -> str:
    body = "\n".join(base64.b64encode(rng.randbytes(51)).decode() for _ in range(4))
    return (
        f'---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "key"\n{body}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----'
    )


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _jose(rng: random.Random) -> str:
    head = _b64url(json.dumps({"alg": rng.choice(("HS256", "RS256", "ES256")), "typ": "JWT"}).encode())
    claims = _b64url(json.dumps({"sub": alnum(rng, 8), "iat": rng.randrange(10**9)}).encode())
    enc = _b64url(json.dumps({"alg": "dir", "enc": "A256GCM"}).encode())
    return rng.choice(
        (
            f"{head}.{claims}.{_b64url(rng.randbytes(32))}",
            f"{enc}..{_b64url(rng.randbytes(12))}.{_b64url(rng.randbytes(60))}.{_b64url(rng.randbytes(16))}",
            f"v4.public.{_b64url(rng.randbytes(120))}",
            f"v{rng.choice('1234')}.local.{_b64url(rng.randbytes(90))}",
        )
    )


def _jwk(rng: random.Random) -> str:
    if rng.random() < 0.5:
        key = {
            "kty": "EC",
            "crv": "P-256",
            "x": _b64url(rng.randbytes(32)),
            "y": _b64url(rng.randbytes(32)),
            "d": _b64url(rng.randbytes(32)),
        }
    else:
        key = {
            "kty": "RSA",
            "n": _b64url(rng.randbytes(256)),
            "e": "AQAB",
            "d": _b64url(rng.randbytes(256)),
            "p": _b64url(rng.randbytes(128)),
        }
    return json.dumps(key)


def _connection(rng: random.Random) -> tuple[str, str]:
    secret = alnum(rng, rng.randrange(8, 24), ALNUM + "_-.!")
    secret = secret[:-1] + rng.choice(ALNUM)
    host = rng.choice(("db", "localhost", "db.internal", "10.2.3.4", "cache.eu-west-1.example.com"))
    user = rng.choice(("app", "root", "svc_orders", "admin"))
    key = base64.b64encode(rng.randbytes(64)).decode()
    signature = key[:43].replace("+", "%2B").replace("/", "%2F")
    signed = "sv=2023-11-03&st=2026-01-01T00%3A00%3A00Z&se=2027-01-01&sr=b&sp=r"
    public = alnum(rng, 32, "0123456789abcdef")
    scheme = rng.choice(_SCHEMES)
    if scheme.startswith("http"):
        host = rng.choice(("localhost:8080", "git.example.com", "10.2.3.4"))
    pairs = (
        (f"{scheme}://{user}:{secret}@{host}/orders", secret),
        (f"{scheme}://{user}:{secret}@{host}/orders", secret),
        (f"{scheme}://{user}:{secret}@{host}:5432/orders?sslmode=require", secret),
        (f"Server=tcp:{host},1433;Database=orders;User Id={user};Password={secret};Encrypt=True", secret),
        (f"Driver={{ODBC Driver 18 for SQL Server}};Server={host};Uid={user};Pwd={secret};", secret),
        (f"jdbc:mysql://{host}:3306/orders?user={user}&password={secret}", secret),
        (f"jdbc:oracle:thin:{user}/{secret}@//{host}:1521/ORCL", secret),
        (f"host={host} port=5432 dbname=orders user={user} password={secret}", secret),
        (f"DefaultEndpointsProtocol=https;AccountName=files;AccountKey={key};EndpointSuffix=core.windows.net", key),
        (f"Endpoint=sb://files.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={key[:43]}=", key[:43]),
        (f"https://{public}:{secret}@sentry.example.com/12", secret),
        (f"https://files.blob.core.windows.net/c/f.txt?{signed}&sig={signature}%3D", signature),
    )  # fmt: skip
    return rng.choice(pairs)


def _fragment(rng: random.Random) -> tuple[str, str]:
    password = _text_safe(chosen_password(rng))
    token = alnum(rng, 32)
    basic = base64.b64encode(f"jane:{password}".encode()).decode()
    salt = alnum(rng, 53, ALNUM + "./")
    hashed = alnum(rng, 86, ALNUM + "./")
    return rng.choice(
        (
            (f"machine api.example.com login jane password {password}", password),
            (f"machine api.example.com\n  login jane\n  password {password}\n", password),
            (f"curl -u jane:{password} https://api.example.com/", password),
            (f'curl -s --user "jane:{password}" https://api.example.com/', password),
            (f'curl -H "Authorization: Bearer {token}" https://api.example.com/', token),
            (f"Authorization: Basic {basic}", basic),
            (f"Authorization: token {token}", token),
            (f"<user>jane</user><password>{password}</password>", password),
            (f'<connection user="jane" password="{password}"/>', password),
            (f'<add key="DbPassword" value="{password}" />', password),
            (f'{{"auths": {{"registry.example.com": {{"auth": "{basic}"}}}}}}', basic),
            (f"//registry.example.com/:_authToken={token}", token),
            (f"[pypi]\nusername = __token__\npassword = {password}\n", password),
            (f"jane:$2y$10${salt}", salt),
            (f"root:$6$saltsalt${hashed}:19000:0:99999:7:::", hashed),
            (f"$argon2id$v=19$m=65536,t=3,p=4${alnum(rng, 22)}${alnum(rng, 43)}", "$argon2id"),
            (f"define('DB_PASSWORD', '{password}');", password),
            (f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: {basic}\n", basic),
            (f"ConvertTo-SecureString '{password}' -AsPlainText -Force", password),
            (f"net user jane {password} /add", password),
            (f"sshpass -p {password} ssh jane@10.2.3.4", password),
            (f"mysql -h db -u root -p{password} orders", password),
            (f"PGPASSWORD={password} psql -h db -U app orders", password),
            (f"redis-cli -h cache -a {password} ping", password),
            (f"docker login -u jane -p {password} registry.example.com", password),
            (f"https://app.example.com/cb?state=xyz&access_token={token}&lang=en", token),
            (f"GET /v1/items?api_key={token} HTTP/1.1", token),
            (f"X-Api-Key: {token}", token),
            (f"Cookie: session_token={token}; theme=dark", token),
            (f"my password is {password}", password),
            (f"hi, the password for the vpn: {password}", password),
            (f"User: jane\nPassword: {password}\n", password),
            (f"age: AGE-SECRET-KEY-1{alnum(rng, 58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}", "AGE-SECRET-KEY-1"),
            (f"spring.datasource.password={password}", password),
            (f"wget --user=jane --password={password} https://files.example.com/a", password),
        )
    )  # fmt: skip


def cases(count: int, seed: int = 11) -> Iterator[Case]:
    """About ``count`` cases of each class, and as many near misses."""
    rng = random.Random(seed)
    for _ in range(count):
        password, secret = chosen_password(rng), random_secret(rng)
        yield Case("secrets", "member password", password, password, rng.choice(_PASSWORD_KEYS))
        yield Case("secrets", "member secret", secret, secret, rng.choice(_SECRET_KEYS))
        safe = _text_safe(password)
        yield Case(
            "secrets",
            "assigned password",
            _assignment(rng, [k for k in _PASSWORD_KEYS if k.isascii()], safe),
            safe,
        )
        yield Case("secrets", "assigned secret", _assignment(rng, _SECRET_KEYS, secret), secret)
        text, found = _connection(rng)
        yield Case(
            "secrets",
            "connection string",
            rng.choice(_AROUND).format(text),
            found,
            rng.choice((None, "dsn", "url", "connectionString")),
        )
        text, found = _fragment(rng)
        yield Case("secrets", "fragment", text, found)
        pem = rng.choice((_pem, _pem, _pem, _putty, _ssh2))(rng)
        yield Case("secrets", "private key", pem, pem, rng.choice((None, "key", "private_key", "id_rsa")))
        token = _jose(rng)
        yield Case("secrets", "jwt, jwe, paseto", token, token, rng.choice((None, "jwt", "token")))
        jwk = _jwk(rng)
        private = json.loads(jwk)["d"]
        yield Case("secrets", "jwk in a string", jwk, private)
        name = rng.choice((*_PASSWORD_KEYS, *_SECRET_KEYS))
        value = rng.choice(_NOT_SECRETS)
        yield Case("near misses", "placeholder", value, None, name)
        yield Case("near misses", "placeholder assigned", _assignment(rng, [name], value), None)
        key, alphabet = rng.choice(_NOT_KEYS)
        other = alnum(rng, rng.choice((12, 20, 24, 32, 40)), alphabet)
        yield Case("near misses", "other key", other, None, key)
        yield Case("near misses", "other key assigned", _assignment(rng, (key,), other), None)
        yield Case("near misses", "code and prose", rng.choice(_AROUND).format(rng.choice(_NOT_TEXTS)), None)
