#!/usr/bin/env python3
"""The compliance console and a person's door, driven in a real headless Chromium against a running broker with a story told.

usage: drive.py --answers ANSWERS.ndjson --axe AXE.min.js [--screenshots DIRECTORY]
  --answers      what the story recorded, from which the bank's own customer reference is taken
  --axe          axe-core; every page is looked at in both languages, and nothing may be found
  --screenshots  makes every page in both languages and at phone width instead of trying what is refused
Environment: YONJO_CAST (cast.json), YONJO_PROGRAMS, YONJO_SUPERUSER_URL, and the broker's own settings.
Exit codes: 0 all as it should be, 1 something is not, 2 bad use.
"""

import argparse
import base64
import hashlib
import hmac
import html
import http.server
import io
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import zxingcpp
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

PASSWORD = "four seasons by the river"
PATIENCE = 100


class House:
    """The running broker, its command line and its database."""

    def __init__(self):
        self.cast = json.loads(Path(os.environ["YONJO_CAST"]).read_text(encoding="utf-8"))
        self.address = self.cast["broker"]
        self.bank = self.cast["bank"]["id"]
        self.bank_uuid = uuid.UUID(int=number(self.bank))
        self.context = ssl.create_default_context(cafile=self.cast["trustFile"])

    def yonjo(self, *arguments):
        program = Path(os.environ["YONJO_PROGRAMS"]) / "yonjo"
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr

    def sql(self, statement):
        """As the superuser: what no role of the broker's may do."""
        done = subprocess.run(
            ["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", os.environ["YONJO_SUPERUSER_URL"], "-c", statement],
            capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip().splitlines()

    def send(self, method, path, fields=None, headers=None, body=None):
        """A request without a browser; redirects are not followed."""
        data = body if body is not None else urllib.parse.urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(self.address + path, data=data, method=method, headers=headers or {})
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self.context), NoRedirect)
        try:
            with opener.open(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def token(self, role):
        """An access token of one of the story's clients (private_key_jwt, ES256)."""
        client = self.cast["clients"][role]
        now = int(time.time())
        part = lambda value: base64url(json.dumps(value).encode())
        signed = part({"alg": "ES256", "typ": "JWT"}) + "." + part(
            {"iss": client["id"], "sub": client["id"], "aud": self.address + "/oauth2/token", "jti": str(uuid.uuid4()), "iat": now, "exp": now + 60})
        der = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", client["keyFile"]], input=signed.encode(), capture_output=True, check=True).stdout
        assertion = signed + "." + base64url(raw_signature(der))
        status, _, answer = self.send("POST", "/oauth2/token", {
            "grant_type": "client_credentials", "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})
        check(status == 200, f"a token for {role}: {status}")
        return json.loads(answer)["access_token"]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw_signature(der):
    """r ‖ s of an ECDSA-Sig-Value on P-256."""
    length = der[3]
    first, second = der[4:4 + length], der[6 + length:]
    return b"".join(int.from_bytes(part, "big").to_bytes(32, "big") for part in (first, second))


def code(secret, step):
    mac = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = mac[-1] & 15
    return f"{(int.from_bytes(mac[offset:offset + 4], 'big') & 0x7fffffff) % 1000000:06d}"


class Provider:
    """A bank's own identity provider (OpenID Connect), on another site than the broker: 127.0.0.1 is not localhost."""

    SECRET = "a client's secret: \u00e9"

    def __init__(self, house):
        self.person = {}
        self.codes = {}
        secrets = Path(house.cast["trustFile"]).parent
        self.directory = tempfile.TemporaryDirectory()
        self.key = self.directory.name + "/key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key], check=True, capture_output=True)
        public = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        self.jwk = {"kty": "EC", "crv": "P-256", "x": base64url(public[-64:-32]), "y": base64url(public[-32:]), "kid": "one", "use": "sig", "alg": "ES256"}
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.get(self)

            def do_POST(self):
                provider.post(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"https://127.0.0.1:{self.server.server_address[1]}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(secrets / "server.pem", secrets / "server.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler, content, kind="application/json", status=200):
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def get(self, handler):
        path, _, query = handler.path.partition("?")
        if path == "/.well-known/openid-configuration":
            self.answer(handler, {
                "issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize", "token_endpoint": self.issuer + "/token",
                "jwks_uri": self.issuer + "/keys", "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "authorization_response_iss_parameter_supported": True})
        elif path == "/keys":
            self.answer(handler, {"keys": [self.jwk]})
        elif path == "/authorize":
            asked = dict(urllib.parse.parse_qsl(query))
            name = base64url(os.urandom(12))
            self.codes[name] = asked
            back = asked["redirect_uri"] + "?" + urllib.parse.urlencode({"code": name, "state": asked["state"], "iss": self.issuer})
            self.answer(handler, f"<!doctype html><title>Provider</title><a id=back href='{html.escape(back)}'>It is me</a>", "text/html")
        else:
            self.answer(handler, {}, status=404)

    def post(self, handler):
        sent = dict(urllib.parse.parse_qsl(handler.rfile.read(int(handler.headers["Content-Length"])).decode()))
        asked = self.codes.pop(sent.get("code"), None)
        both = base64.b64decode(handler.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        client = [urllib.parse.unquote(part) for part in both.split(":", 1)]
        verified = base64url(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        if not asked or client != ["console", self.SECRET] or asked["code_challenge"] != verified or asked["redirect_uri"] != sent["redirect_uri"]:
            return self.answer(handler, {"error": "invalid_grant"}, status=400)
        now = int(time.time())
        part = lambda value: base64url(json.dumps(value).encode())
        signed = part({"alg": "ES256", "kid": "one"}) + "." + part(
            {"iss": self.issuer, "aud": "console", "nonce": asked["nonce"], "iat": now, "exp": now + 300} | self.person)
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(), capture_output=True, check=True).stdout
        self.answer(handler, {"token_type": "Bearer", "access_token": "unused", "id_token": signed + "." + base64url(raw_signature(der))})


class Failed(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Failed(what)


class Member:
    """A member of the bank's staff: name, password, authenticator. No code is used twice."""

    def __init__(self, house, role):
        self.house, self.role, self.name = house, role, f"{role}-{uuid.uuid4().hex[:6]}"
        returned, out, error = house.yonjo("staff", "create", "--json", "--tenant", house.bank, "--name", self.name, "--role", role)
        check(returned == 0, f"yonjo staff create: {error}")
        told = json.loads(out)
        self.id, self.enrolment, self.sign_in = told["id"], told["enrolmentURL"], told["signInURL"]
        self.secret, self.last = None, 0

    def code(self):
        """A code newer than the last one: of the step before, of this one or of the next; else a moment's wait."""
        deadline = time.time() + PATIENCE
        while time.time() < deadline:
            now = int(time.time()) // 30
            for step in (now - 1, now, now + 1):
                if step > self.last:
                    self.last = step
                    return code(self.secret, step)
            time.sleep(1)
        raise Failed("no fresh code within a minute")


class Browser:
    """Chromium, the pages' looks, and axe."""

    def __init__(self, house, axe, width=1280, language="ja"):
        self.house, self.axe, self.language = house, axe, language
        self.findings, self.pages = [], 0
        options = Options()
        options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--ignore-certificate-errors", "--hide-scrollbars",
                     f"--window-size={width},1000", f"--lang={language}"):
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"intl.accept_languages": language, "download_restrictions": 3})
        self.driver = webdriver.Chrome(options=options, service=Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")))
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)

    def open(self, path):
        self.driver.get(path if path.startswith("https:") else self.house.address + path)

    def find(self, selector):
        return WebDriverWait(self.driver, PATIENCE).until(lambda driver: driver.find_element(By.CSS_SELECTOR, selector))

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def fill(self, name, text):
        field = self.find(f"main [name={name}]")
        field.clear()
        field.send_keys(text)

    def submit(self, selector="main form button"):
        """Presses a button, and waits for the page behind it."""
        before = self.driver.find_element(By.TAG_NAME, "html")
        self.find(selector).click()
        WebDriverWait(self.driver, PATIENCE).until(lambda driver: driver.find_element(By.TAG_NAME, "html") != before)

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, selector):
        """By the tabulator to what a selector names; whatever has the focus shows it."""
        for _ in range(60):
            self.press(Keys.TAB)
            matches, outline = self.driver.execute_script(
                "const e = document.activeElement; return [e.matches(arguments[0]), getComputedStyle(e).outlineStyle]", selector)
            check(outline != "none" or self.driver.execute_script("return document.activeElement === document.body"), "the focus is seen")
            if matches:
                return
        raise Failed(f"the tabulator does not lead to {selector}")

    def enter(self, path):
        """Presses Enter, and waits for a page below a path."""
        self.press(Keys.ENTER)
        WebDriverWait(self.driver, PATIENCE).until(lambda _: self.path.startswith(path))

    @property
    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    @property
    def path(self):
        return urllib.parse.urlsplit(self.driver.current_url).path

    def cookie(self, name):
        found = self.driver.get_cookie(name)
        check(found is not None, f"the cookie {name}")
        return found

    def look(self, name):
        """axe over the page that is shown; no script stands in it."""
        check("<script" not in self.driver.page_source, f"{name}: a script")
        result = self.driver.execute_async_script(
            self.axe + "; const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
            ".then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160)).slice(0, 3).join(' | '))), e => done(['axe: ' + e]));")
        self.pages += 1
        self.findings += [f"{name} ({self.language}): {finding}" for finding in result]

    def looks(self, name, path):
        """The page at an address in both languages."""
        for language in ("ja", "en"):
            self.speak(language, path)
            self.look(name)

    def speak(self, language, path):
        self.open(path + ("&" if "?" in path else "?") + "language=" + language)
        self.language = language
        check(self.find("html").get_attribute("lang") == language, f"{path} in {language}")

    def overflows(self):
        return self.driver.execute_script("return document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def quit(self):
        self.driver.quit()


def enrol(browser, member):
    browser.open(member.enrolment)
    member.secret = browser.find("#secret").text.replace(" ", "")
    read = [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(browser.find("svg.qr").screenshot_as_png)))]
    check(len(read) == 1 and f"secret={member.secret}&" in read[0], f"the QR code: {len(read)} read")
    browser.fill("password", PASSWORD)
    browser.fill("code", member.code())
    browser.submit()
    check(browser.path.endswith("/sign-in"), f"enrolled, at {browser.path}: {browser.text[:300]}")


def sign_in(browser, member):
    browser.open(member.sign_in)
    browser.fill("name", member.name)
    browser.fill("password", PASSWORD)
    browser.fill("code", member.code())
    browser.submit()
    check(browser.path == "/console/overview", f"{member.role} signed in, at {browser.path}: {browser.text[:300]}")


def references(answers):
    """The bank's own references of the story's two customers: one whose consent is withdrawn, one whose consent stands."""
    found = re.search(r'C-([A-Za-z0-9]+)-1', Path(answers).read_text(encoding="utf-8"))
    check(found is not None, "a ledger reference in the story's answers")
    return f"bank-hanako-{found.group(1)}", f"bank-taro-{found.group(1)}"


class Drive:
    """The steps, in order; each is one sentence of what holds."""

    def __init__(self, house, browser, answers):
        self.house, self.browser = house, browser
        self.reference, self.person = references(answers)
        self.officer, self.viewer, self.administrator = (Member(house, role) for role in ("officer", "viewer", "administrator"))
        self.started = time.time()

    def step(self, sentence, work):
        begun = time.time()
        work()
        print(f"  ✓ {sentence}  {time.time() - begun:.1f} s", flush=True)

    def run(self):
        self.step("staff set up their accounts by a link that works once", self.enrolment)
        self.step("a wrong password is refused, and says not what was wrong", self.refusal)
        self.step("an officer signs in with password and code", lambda: sign_in(self.browser, self.officer))
        self.step("the overview draws its charts, with the figures as tables", self.overview)
        self.step("a customer is found by the bank's own reference, which stands in no address", self.search)
        self.step("the timeline tells what happened, and what was known at an earlier instant", self.timeline)
        self.step("a consent shows its words, its history and a receipt that verifies", self.consent)
        self.step("an officer decides on a pair", self.decision)
        self.step("an export is made, fetched and verified offline", self.export)
        self.step("the log is verified", self.log)
        self.step("the jobs are seen; who is not there is not found", self.jobs)
        self.step("forms without token, of another site or without a session are refused", self.forgery)
        self.step("an unused session ends", self.expiry)
        self.step("a viewer signs in, searches and reads by the keyboard alone", self.keyboard)
        self.step("a viewer decides nothing, orders nothing and sees no staff", self.roles)
        self.step("an administrator adds a member and suspends another, who is out at once", self.administration)
        self.step("a member signs in by the bank's own identity provider, and somebody whom only the provider knows does not", self.provider)
        self.step("a person sees and withdraws their consents by a one-time link", self.door)
        self.step("at 320 pixels no page is wider than the window", self.narrow)
        check(not self.browser.findings, "axe: " + "\n".join(self.browser.findings))
        print(f"axe found nothing on {self.browser.pages} pages; {time.time() - self.started:.0f} s")

    def enrolment(self):
        self.browser.open("/console")
        self.browser.look("entrance")
        self.browser.looks("enrolment", self.officer.enrolment)
        for member in (self.officer, self.viewer, self.administrator):
            enrol(self.browser, member)
        self.browser.open(self.officer.enrolment)
        check("staffInvitationInvalid" in self.browser.text, "a used link")
        self.browser.look("used link")

    def refusal(self):
        self.browser.looks("sign-in", self.officer.sign_in)
        self.browser.fill("name", self.officer.name)
        self.browser.fill("password", "not the password at all")
        self.browser.fill("code", "000000")
        self.browser.submit()
        check(self.browser.find("[role=alert]").is_displayed(), "a refusal")
        self.browser.look("refused sign-in")

    def overview(self):
        self.browser.looks("overview", "/console/overview")
        check(len(self.browser.all("svg[role=img]")) >= 2 and len(self.browser.all("details table")) >= 2, "charts and tables")
        cookie = self.browser.cookie("__Host-yonjo-console")
        check(cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/", f"the session's cookie: {cookie}")

    def search(self, empty=lambda: None, results=lambda: None):
        self.browser.looks("search", "/console/search")
        self.browser.fill("term", "nobody-" + uuid.uuid4().hex)
        self.browser.submit("main form button")
        check("Nobody was found" in self.browser.text, "an empty result")
        self.browser.look("empty search")
        empty()
        self.browser.open("/console/search")
        self.browser.fill("term", self.reference)
        self.browser.submit("main form button")
        check(self.reference not in self.browser.driver.current_url, "no reference in an address")
        self.browser.look("search results")
        results()
        self.subject = self.browser.find("main table a").text
        self.browser.find("main table a").click()
        WebDriverWait(self.browser.driver, PATIENCE).until(lambda _: self.browser.path == f"/console/people/{self.subject}")

    def timeline(self):
        path = f"/console/people/{self.subject}"
        self.browser.looks("person", path)
        check(len(self.browser.all(".timeline li")) >= 5, "a timeline")
        # The consent was withdrawn in the story; before that it was in force.
        self.consents = [link.text for link in self.browser.all("table a.id")]
        check("Withdrawn" in self.browser.text, "withdrawn by now")
        self.browser.open(f"{path}?at=2020-01-01T00:00")
        check("Nothing recorded up to this time" in self.browser.text and "Withdrawn" not in self.browser.text, "nothing before the beginning")
        self.browser.look("person as of the past")

    def consent(self):
        path = f"/console/consents/{self.consents[-1]}"
        self.browser.looks("consent", path)
        self.browser.looks("consents", "/console/consents")
        self.browser.open("/console/consents?state=given")
        self.browser.open(path)
        check(len(self.browser.all("main pre")) == 1, "the words that were shown")
        status, headers, receipt = self.house.send("GET", path + "/receipt", headers=self.headers())
        check(status == 200 and headers["Content-Type"] == "application/jwt", f"a receipt: {status}")
        with tempfile.NamedTemporaryFile() as file:
            file.write(receipt)
            file.flush()
            keys = tempfile.NamedTemporaryFile(suffix=".json")
            keys.write(self.house.send("GET", "/jwks.json")[2])
            keys.flush()
            returned, _, error = self.house.yonjo("receipt", "verify", file.name, "--keys", keys.name)
            check(returned == 0, f"yonjo receipt verify: {error}")

    def undecide(self, pair):
        self.house.sql(
            f"update pairs set state = 'needsDecision', decide_until = now() + interval '3 days', decided_by = null, decision_basis = null "
            f"where pair_id = '{pair}'")

    def decision(self):
        uuid_of = self.house.sql(
            f"select pair_id from pairs where tenant_id = '{self.house.bank_uuid}' and state in ('active', 'needsDecision') order by pair_id limit 1")
        check(uuid_of, "a pair in the story")
        self.undecide(uuid_of[0])
        self.browser.looks("pairs", "/console/pairs")
        self.browser.find("main table a").click()
        WebDriverWait(self.browser.driver, PATIENCE).until(lambda _: self.browser.path.startswith("/console/pairs/par_"))
        self.pair = self.browser.path
        self.browser.looks("pair", self.pair)
        self.browser.fill("basis", "passbook and identity document seen at the counter")
        self.browser.find("[name=confirmed]").click()
        self.browser.submit("main form button")
        check(self.browser.path == "/console/pairs", f"decided, at {self.browser.path}")
        decided = self.house.sql(f"select state, decided_by from pairs where pair_id = '{uuid_of[0]}'")
        check(decided == [f"active|{self.officer.id}"], f"the decision is recorded under the officer's id: {decided}")
        self.browser.look("no pairs")

    def export(self):
        self.browser.looks("exports", "/console/exports")
        Select(self.browser.find("[name=format]")).select_by_value("ndjson")
        self.browser.submit("main form button")
        page = self.browser.path
        deadline = time.time() + PATIENCE
        while time.time() < deadline and not self.browser.all("a[href$='/download']"):
            time.sleep(1)
            self.browser.open(page)
        self.browser.looks("export", page)
        status, _, content = self.house.send("GET", page + "/download", headers=self.headers())
        check(status == 200 and len(content) > 1000, f"the export: {status}, {len(content)} bytes")
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.write(content)
            file.flush()
            keys = tempfile.NamedTemporaryFile(suffix=".json")
            keys.write(self.house.send("GET", "/jwks.json")[2])
            keys.flush()
            returned, out, error = self.house.yonjo("audit", "verify", file.name, "--keys", keys.name)
            check(returned == 0, f"yonjo audit verify: {out}{error}")
        self.browser.looks("exports with one", "/console/exports")

    def log(self):
        self.browser.looks("log", "/console/log")
        self.browser.submit("main form button")
        check("Nothing was changed" in self.browser.text, f"the log: {self.browser.text[:400]}")
        self.browser.look("log verified")

    def jobs(self):
        self.browser.looks("jobs", "/console/jobs")
        self.browser.open("/console/people/sub_00000000000000000000000000")
        check("Not found" in self.browser.text, "nobody of that id")
        self.browser.look("not found")

    def headers(self, **more):
        cookie = self.browser.cookie("__Host-yonjo-console")["value"]
        return {"Cookie": f"__Host-yonjo-console={cookie}", "Origin": self.house.address} | more

    def forgery(self):
        self.browser.open("/console/search")
        token = self.browser.find("main [name=token]").get_attribute("value")
        good = {"term": "x", "token": token}
        status = lambda fields, headers: self.house.send("POST", "/console/search", fields, headers)[0]
        check(status(good, self.headers()) == 200, "the form itself")
        check(status({"term": "x"}, self.headers()) == 403, "no token")
        check(status({"term": "x", "token": base64url(os.urandom(32))}, self.headers()) == 403, "another token")
        check(status(good, self.headers(Origin="https://evil.example")) == 403, "another origin")
        check(status(good, self.headers(Origin="null")) == 403, "an origin that is hidden")
        check(status(good, {"Origin": self.house.address}) == 303, "no session: to the sign-in")
        secret = self.house.send("POST", "/console/search", good, self.headers() | {"Cookie": f"__Host-yonjo-console={self.house.bank}.{base64url(os.urandom(32))}"})
        check(secret[0] == 303, "a session that was made up")
        _, headers, _ = self.house.send("GET", "/console/overview", headers=self.headers())
        policy = headers["Content-Security-Policy"]
        check(policy.startswith("default-src 'none'; style-src 'self';") and "unsafe" not in policy, policy)
        check(headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff", "the other headers")

    def expiry(self):
        self.house.sql("update staff_sessions set seen_at = seen_at - interval '15 minutes'")
        self.browser.open("/console/overview")
        check(self.browser.path.endswith("/sign-in") and self.browser.find("[role=alert]").is_displayed(), "the session is over")
        self.browser.look("session over")

    def keyboard(self):
        self.browser.open(self.viewer.sign_in)
        self.browser.press(Keys.TAB)
        self.browser.press(Keys.ENTER)
        focused = self.browser.driver.execute_script("return document.activeElement.id")
        check(focused == "content", f"the first link leads past the menu: {focused}")
        for name, text in (("name", self.viewer.name), ("password", PASSWORD), ("code", self.viewer.code())):
            self.browser.tab_to(f"[name={name}]")
            self.browser.press(text)
        self.browser.enter("/console/overview")
        self.browser.tab_to("details summary")
        self.browser.press(Keys.SPACE)
        check(self.browser.find("details[open] table").is_displayed(), "the figures of a chart")
        self.browser.open("/console/overview")
        self.browser.tab_to("nav a[href='/console/search']")
        self.browser.enter("/console/search")
        self.browser.tab_to("[name=term]")
        self.browser.press(self.reference, Keys.ENTER)
        self.browser.find("main table a")
        self.browser.tab_to("main table a")
        self.browser.enter("/console/people/")
        self.browser.tab_to("[name=at]")

    def roles(self):
        check(not self.browser.all("nav a[href='/console/staff']"), "no menu of the staff")
        self.browser.open("/console/staff")
        check("staffRoleInsufficient" in self.browser.text, "no page of the staff")
        self.browser.look("not allowed")
        self.browser.open("/console/search")
        token = self.browser.find("main [name=token]").get_attribute("value")
        self.browser.open("/console/exports")
        check(not self.browser.all("main form"), "no form for exports")
        for path, fields in (
                (self.pair, {"basis": "x", "confirmed": "yes"}), ("/console/exports", {"from": "2026-01-01T00:00", "to": "2026-01-02T00:00", "format": "csv"}),
                ("/console/log", {}), ("/console/staff", {"name": "intruder", "role": "administrator"})):
            status = self.house.send("POST", path, fields | {"token": token}, self.headers())[0]
            check(status == 403, f"{path} by a viewer: {status}")
        self.browser.open("/console/overview")
        self.browser.submit("header form button")
        check("sign-in" in self.browser.path, "signed out")

    def administration(self):
        sign_in(self.browser, self.administrator)
        self.browser.looks("staff", "/console/staff")
        self.browser.fill("name", "new-" + uuid.uuid4().hex[:6])
        self.browser.submit("main > form button")
        check("/enrol/" in self.browser.find("#invitation").text, "a link for the new member")
        self.browser.look("staff invited")
        self.browser.open("/console/staff")
        self.browser.submit(f"form[action$='{self.viewer.id}/suspend'] button")
        self.browser.look("staff suspended")
        self.browser.submit("header form button")
        self.browser.open(self.viewer.sign_in)
        for name, text in (("name", self.viewer.name), ("password", PASSWORD), ("code", self.viewer.code())):
            self.browser.fill(name, text)
        self.browser.submit()
        check(self.browser.find("[role=alert]").is_displayed(), "a suspended member stays out")

    def provider(self):
        provider, member = Provider(self.house), Member(self.house, "viewer")
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(provider.SECRET)
            file.flush()
            returned, out, error = self.house.yonjo(
                "staff", "provider", "--json", "--tenant", self.house.bank, "--issuer", provider.issuer, "--client-id", "console",
                "--client-secret-file", file.name)
        check(returned == 0, f"yonjo staff provider: {error}")
        check(json.loads(out)["redirectURI"] == f"{self.house.address}/console/{self.house.bank}/provider/answer", out)
        for subject, name in (("person-1", member.name), ("person-2", "nobody-here")):
            provider.person = {"sub": subject, "preferred_username": name}
            self.browser.looks("sign-in with a provider", member.sign_in)
            self.browser.find("a[href$='/provider']").click()
            self.browser.find("#back").click()
            if subject == "person-1":
                WebDriverWait(self.browser.driver, PATIENCE).until(lambda _: self.browser.path == "/console/overview")
                check(member.name in self.browser.text, f"signed in as {member.name}: {self.browser.text[:300]}")
                self.browser.submit("header form button")
            else:
                WebDriverWait(self.browser.driver, PATIENCE).until(lambda _: "staffProviderUnknown" in self.browser.text)
                self.browser.look("known to the provider alone")
        check(self.house.yonjo("staff", "provider", "--tenant", self.house.bank, "--remove")[0] == 0, "the provider is removed")
        self.browser.open(member.sign_in)
        check(not self.browser.all("a[href$='/provider']"), "no provider any more")

    def link(self):
        """The one-time link of the person who logged in with the card at the story's end, as the bank's app asks for it. Their consent stands."""
        bearer = {"Authorization": "Bearer " + self.house.token("bank"), "Content-Type": "application/json"}
        status, _, answer = self.house.send("POST", "/v1/subjects/search", headers=bearer, body=json.dumps({"subjectReference": self.person}).encode())
        check(status == 200, f"the person with a door: {status} {answer[:300]}")
        subject = json.loads(answer)["subjects"][0]["id"]
        status, _, answer = self.house.send("POST", f"/v1/subjects/{subject}/door", headers=bearer, body=b'{"language":"en"}')
        check(status == 201, f"a door: {status} {answer[:300]}")
        return json.loads(answer)["url"]

    def door(self):
        link = self.link()
        path = urllib.parse.urlsplit(link).path
        self.browser.looks("door's link", path)
        self.browser.submit("main form button")
        check(self.browser.path == "/door", f"inside, at {self.browser.path}: {self.browser.text[:300]}")
        self.browser.looks("door", "/door")
        self.browser.find("main a[href$='/withdrawal']").click()
        WebDriverWait(self.browser.driver, PATIENCE).until(lambda _: self.browser.path.endswith("/withdrawal"))
        self.browser.looks("withdrawal", self.browser.path)
        self.browser.submit("main form button.danger")
        check(self.browser.path == "/door" and "Withdrawn" in self.browser.find("[role=status]").text, "withdrawn")
        self.browser.look("door after a withdrawal")
        self.browser.submit("header form button")
        check("You have left" in self.browser.text, "left")
        self.browser.open(path)
        check("doorLinkInvalid" in self.browser.text, "the link works once")
        self.browser.look("door's used link")
        self.browser.open("/door")
        check("doorSessionEnded" in self.browser.text, "the session is over")

    def narrow(self):
        sign_in(self.browser, self.officer)
        self.browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 320, "height": 700, "deviceScaleFactor": 1, "mobile": False})
        for path in ("overview", "search", f"people/{self.subject}", "consents", f"consents/{self.consents[-1]}", "pairs", "exports", "log", "jobs"):
            for language in ("ja", "en"):
                self.browser.speak(language, "/console/" + path)
                check(not self.browser.overflows(), f"/console/{path} at 320 pixels ({language})")

    # Screenshots

    def shoot(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.pictures([("enrolment", self.administrator.enrolment)])
        enrol(self.browser, self.administrator)
        self.pictures([("entrance", "/console?tenant=ten_"), ("sign-in", self.administrator.sign_in)])
        self.refusal()
        self.picture("sign-in-refused")
        sign_in(self.browser, self.administrator)
        self.pictures([("pairs-empty", "/console/pairs"), ("exports-empty", "/console/exports")])
        self.search(lambda: self.picture("search-empty"), lambda: self.picture("search-results"))
        self.browser.open(f"/console/people/{self.subject}")
        self.consents = [link.text for link in self.browser.all("table a.id")]
        found = self.house.sql(f"select pair_id from pairs where tenant_id = '{self.house.bank_uuid}' and state = 'active' limit 1")
        check(found, "a pair in the story")
        self.undecide(found[0])
        self.browser.open("/console/exports")
        self.browser.submit("main form button")
        export = self.browser.path
        self.picture("export-running")
        pages = [(name, "/console/" + name) for name in ("overview", "search", "consents", "pairs", "exports", "log", "jobs", "staff")]
        pages += [
            ("person", f"/console/people/{self.subject}"), ("person-as-of", f"/console/people/{self.subject}?at=2020-01-01T00:00"),
            ("consent", f"/console/consents/{self.consents[-1]}"), ("consent-as-of", f"/console/consents/{self.consents[-1]}?at=2020-01-01T00:00"),
            ("pair", f"/console/pairs/par_{crockford(uuid.UUID(found[0]).int)}"), ("export", export),
            ("not-found", "/console/people/sub_00000000000000000000000000"),
        ]
        self.pictures(pages)
        self.browser.open("/console/log")
        self.browser.submit("main form button")
        self.picture("log-verified")
        self.browser.open("/console/staff")
        self.browser.fill("name", "suzuki-" + uuid.uuid4().hex[:6])
        self.browser.submit("main > form button")
        self.picture("staff-invited")
        self.browser.open("/console/staff")
        self.browser.find("details.confirm summary").click()
        self.picture("staff-reset")
        self.house.sql("update staff_sessions set seen_at = seen_at - interval '15 minutes'")
        self.pictures([("session-over", "/console/overview")])
        link = urllib.parse.urlsplit(self.link()).path
        self.pictures([("door-link", link)])
        self.browser.open(link)
        self.browser.submit("main form button")
        self.pictures([("door", "/door"), ("withdrawal", urllib.parse.urlsplit(self.browser.find("main a[href$='/withdrawal']").get_attribute("href")).path)])
        self.browser.submit("main form button.danger")
        self.picture("door-withdrawn")
        self.browser.submit("header form button")
        self.picture("door-left")
        self.pictures([("door-used-link", link)])
        print(f"{len(list(directory.glob('*.png')))} pictures in {directory}")

    def pictures(self, pages):
        """Each page at its address, in both languages."""
        for name, path in pages:
            for language in ("ja", "en"):
                self.browser.speak(language, path)
                self.picture(name)

    def picture(self, name):
        """The page that is shown: on a desk, in the dark, on a phone."""
        send = self.browser.driver.execute_cdp_cmd
        for label, width, scheme in (("wide", 1280, "light"), ("dark", 1280, "dark"), ("phone", 360, "light")):
            send("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
            send("Emulation.setDeviceMetricsOverride", size)
            height = min(4000, self.browser.driver.execute_script("return document.documentElement.scrollHeight"))
            send("Emulation.setDeviceMetricsOverride", size | {"height": height})
            if self.browser.overflows():
                print(f"wider than its window: {name}, {label} ({self.browser.language})")
            (self.directory / f"{name}-{self.browser.language}-{label}.png").write_bytes(self.browser.driver.get_screenshot_as_png())
        send("Emulation.setEmulatedMedia", {"features": []})
        send("Emulation.clearDeviceMetricsOverride", {})


ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def crockford(value):
    return "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(26)))


def number(identifier):
    """The other way round, of an id with its prefix."""
    value = 0
    for character in identifier.split("_")[1]:
        value = value << 5 | ALPHABET.index(character)
    return value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--answers", required=True)
    parser.add_argument("--axe", required=True)
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    house = House()
    browser = Browser(house, Path(options.axe).read_text(encoding="utf-8"))
    try:
        drive = Drive(house, browser, options.answers)
        if options.screenshots:
            drive.shoot(Path(options.screenshots))
        else:
            drive.run()
    except Exception as error:  # whatever it is, the page that it happened on is what helps
        kind = "" if isinstance(error, Failed) else type(error).__name__ + ": "
        print(f"✗ {kind}{error}\nat {browser.driver.current_url}\n{browser.text[:1500]}", file=sys.stderr)
        return 1
    finally:
        browser.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
