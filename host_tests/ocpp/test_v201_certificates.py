"""Certificates: asked for, signed, installed, listed and deleted (A02, A03, M03 to M05)."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder
from cryptography.x509.oid import NameOID
from fakes201 import T0, Bench

KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
WEAK = ec.generate_private_key(ec.SECP192R1())
RSA = rsa.generate_private_key(65537, 2048)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer=None, issuer_key=None, days=10, number=None, public=None):
    """A certificate that is valid at the time of the tests."""
    begin = datetime.datetime.fromtimestamp(T0, datetime.UTC) - datetime.timedelta(days=5)
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer or subject))
        .public_key(public or key.public_key())
        .serial_number(number or x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(issuer_key or key, hashes.SHA256())
    )


def pem(*certificates):
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


ROOT = certificate("root", KEYS[0])
OTHER = certificate("other", KEYS[1])


async def install(bench, kind, text):
    answer = await bench.ask("InstallCertificate", {"certificateType": kind, "certificate": text})
    return answer["status"]


async def listed(bench, *kinds):
    ask = {"certificateType": list(kinds)} if kinds else {}
    answer = await bench.ask("GetInstalledCertificateIds", ask)
    return answer.get("certificateHashDataChain", answer["status"])


async def test_m05_m03_m04_installed_listed_deleted():
    bench = Bench()
    assert await listed(bench) == "NotFound"
    assert await install(bench, "CSMSRootCertificate", pem(ROOT)) == "Accepted"
    assert await install(bench, "ManufacturerRootCertificate", pem(OTHER)) == "Accepted"
    # The same again stands there once
    assert await install(bench, "CSMSRootCertificate", pem(ROOT)) == "Accepted"
    assert len(await listed(bench)) == 2
    assert await bench.value("SecurityCtrlr", "CertificateEntries") == "2"
    (found,) = await listed(bench, "CSMSRootCertificate")
    assert await listed(bench, "V2GRootCertificate") == "NotFound"
    # Names in capitals mean the same
    wanted = {k: v.upper() for k, v in found["certificateHashData"].items()}
    ask = {"certificateHashData": wanted}
    assert await bench.ask("DeleteCertificate", ask) == {"status": "Accepted"}
    assert await bench.ask("DeleteCertificate", ask) == {"status": "NotFound"}
    assert len(await listed(bench)) == 1


@pytest.mark.parametrize("key", [KEYS[0], RSA])
async def test_m03_hashes_are_those_of_ocsp(key):
    bench = Bench()
    root = certificate("root of the operator", key, number=0xABC)
    await install(bench, "CSMSRootCertificate", pem(root))
    (found,) = await listed(bench)
    asked = OCSPRequestBuilder().add_certificate(root, root, hashes.SHA256()).build()
    assert found["certificateHashData"] == {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": asked.issuer_name_hash.hex(),
        "issuerKeyHash": asked.issuer_key_hash.hex(),
        "serialNumber": "abc",
    }


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("V2GRootCertificate", pem(ROOT)),
        ("MORootCertificate", pem(ROOT)),
        ("CSMSRootCertificate", "nothing of this kind"),
        ("CSMSRootCertificate", pem(certificate("over", KEYS[0], days=2))),
        ("CSMSRootCertificate", pem(certificate("weak", WEAK))),
    ],
)
async def test_m05_bad_certificates_are_refused(kind, text):
    bench = Bench()
    assert await install(bench, kind, text) == "Rejected"
    assert await listed(bench) == "NotFound"


async def test_m05_there_is_room_for_so_many():
    bench = Bench()
    for number in range(16):
        text = pem(certificate(f"root {number}", KEYS[0]))
        assert await install(bench, "CSMSRootCertificate", text) == "Accepted"
    assert await install(bench, "CSMSRootCertificate", pem(ROOT)) == "Failed"


async def request(bench):
    """The station asks for a certificate; its request."""
    ask = {"requestedMessage": "SignChargingStationCertificate"}
    assert (await bench.ask("TriggerMessage", ask))["status"] == "Accepted"
    return x509.load_pem_x509_csr(bench.sent("SignCertificate")[-1]["csr"].encode())


async def signed(bench, text):
    return (await bench.ask("CertificateSigned", {"certificateChain": text}))["status"]


async def test_a02_a_new_certificate_is_asked_for_and_used():
    bench = Bench()
    await bench.set("SecurityCtrlr", "OrganizationName", "Operator")
    await install(bench, "CSMSRootCertificate", pem(ROOT))
    csr = await request(bench)
    assert csr.is_signature_valid
    assert csr.subject.rfc4514_string() == "O=Operator,CN=CS-1"
    leaf = certificate("CS-1", None, "root", KEYS[0], public=csr.public_key())
    bench.again()
    assert await signed(bench, pem(leaf, ROOT)) == "Accepted"
    assert bench.context.reconnects == 1
    own = bench.context.values.get("station_certificate")
    assert own["chain"] == pem(leaf, ROOT)
    assert "PRIVATE KEY" in own["key"]
    # M04: it cannot be deleted
    from pilebridge.platforms.ocpp.v201.certificate_hash import hash_data

    ask = {"certificateHashData": hash_data(leaf, ROOT)}
    assert (await bench.ask("DeleteCertificate", ask))["status"] == "Failed"
    # A key serves once
    assert await signed(bench, pem(leaf, ROOT)) == "Rejected"


async def test_a02_wrong_certificates_are_refused_and_told():
    bench = Bench()
    assert await signed(bench, pem(ROOT)) == "Rejected"
    await install(bench, "CSMSRootCertificate", pem(ROOT))
    public = (await request(bench)).public_key()
    for text in [
        pem(certificate("CS-1", None, "root", KEYS[0], public=KEYS[2].public_key())),
        pem(certificate("CS-1", None, "root", KEYS[0], public=public, days=2)),
        pem(certificate("CS-1", None, "root", KEYS[1], public=public), ROOT),
        "nothing of this kind",
    ]:
        assert await signed(bench, text) == "Rejected"
    assert bench.context.security_events == ["InvalidChargingStationCertificate"] * 5
    assert bench.context.values.get("station_certificate") is None
    assert bench.context.reconnects == 0


async def test_a02_certificates_for_vehicles_are_not_for_us():
    ask = {"certificateChain": pem(ROOT), "certificateType": "V2GCertificate"}
    assert (await Bench().ask("CertificateSigned", ask))["status"] == "Rejected"


async def test_a03_a_certificate_is_renewed_before_it_is_over():
    bench = Bench()
    public = (await request(bench)).public_key()
    leaf = certificate("CS-1", None, "root", KEYS[0], public=public, days=60)
    assert await signed(bench, pem(leaf, ROOT)) == "Accepted"
    await bench.station.announce()
    assert len(bench.sent("SignCertificate")) == 1
    bench.context.now = T0 + 26 * 86_400
    bench.again()
    await bench.station.announce()
    await bench.station.announce()
    assert len(bench.sent("SignCertificate")) == 2
    # Nothing came of it in a day; and a refusal does not count as asked
    bench.context.now += 86_400
    bench.context.answers["SignCertificate"] = {"status": "Rejected"}
    await bench.station.announce()
    await bench.station.announce()
    assert len(bench.sent("SignCertificate")) == 4
