"""Certificates of the security extensions of 1.6."""

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID
from fakes16 import Bench
from issuers import Issuer

from pilebridge.platforms.ocpp.context import NotDeliveredError

CENTRAL, MAKER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"


async def install(bench, pem, use=CENTRAL):
    return await bench.status_of("InstallCertificate", certificateType=use, certificate=pem)


async def listed(bench, use=CENTRAL):
    return await bench.ask("GetInstalledCertificateIds", certificateType=use)


def by_another(cert, algorithm=hashes.SHA256):
    """Issuer name hash, issuer key hash and serial number as the OCSP of the library counts them."""
    request = ocsp.OCSPRequestBuilder().add_certificate(cert, cert, algorithm()).build()
    return request.issuer_name_hash.hex(), request.issuer_key_hash.hex(), request.serial_number


@pytest.mark.parametrize("use", [CENTRAL, MAKER])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
async def test_a_root_is_installed_listed_and_deleted(use, kind):
    bench = Bench()
    assert await listed(bench, use) == {"status": "NotFound"}
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else None
    root = Issuer("root", key=key)
    assert await install(bench, root.pem, use) == "Accepted"
    assert await install(bench, root.pem, use) == "Accepted"
    answer = await listed(bench, use)
    name_hash, key_hash, number = by_another(root.cert)
    assert answer["certificateHashData"] == [
        {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": name_hash,
            "issuerKeyHash": key_hash,
            "serialNumber": f"{number:x}",
        }
    ]
    named = {key: value.upper() for key, value in answer["certificateHashData"][0].items()}
    asked = {"certificateHashData": named}
    assert await bench.status_of("DeleteCertificate", **asked) == "Accepted"
    assert await bench.status_of("DeleteCertificate", **asked) == "NotFound"
    assert await listed(bench, use) == {"status": "NotFound"}


async def test_a_certificate_is_found_by_another_hash():
    bench = Bench()
    root = Issuer("root")
    await install(bench, root.pem)
    name_hash, key_hash, _ = by_another(root.cert, hashes.SHA512)
    named = {
        "hashAlgorithm": "SHA512",
        "issuerNameHash": name_hash,
        "issuerKeyHash": key_hash,
        "serialNumber": "1234abcd",
    }
    assert hashlib.sha512().digest_size * 2 == len(name_hash)
    assert await bench.status_of("DeleteCertificate", certificateHashData=named) == "Accepted"


@pytest.mark.parametrize("why", ["garbage", "expired", "not yet", "no authority", "weak"])
async def test_a_root_that_is_not_good_is_rejected(why):
    changes = {
        "expired": {"from_day": -9, "until_day": -1},
        "not yet": {"from_day": 1, "until_day": 9},
        "no authority": {"ca": False},
        "weak": {"key": rsa.generate_private_key(65537, 1024)},
    }.get(why, {})
    pem = "garbage" if why == "garbage" else Issuer("root", **changes).pem
    bench = Bench()
    assert await install(bench, pem) == "Rejected"
    assert bench.context.values.texts == {}


async def test_a_full_store_takes_no_more():
    bench = Bench()
    for number in range(int(await bench.value_of("CertificateStoreMaxLength"))):
        assert await install(bench, Issuer(f"root {number}").pem) == "Accepted"
    assert await install(bench, Issuer("one more").pem) == "Failed"


async def test_the_last_root_stays_while_the_connection_stands_on_it():
    bench = Bench()
    await install(bench, Issuer("a").pem)
    await install(bench, Issuer("b").pem)
    await bench.context.values.set("security_profile", 2)
    first, second = (await listed(bench))["certificateHashData"]
    assert await bench.status_of("DeleteCertificate", certificateHashData=first) == "Accepted"
    assert await bench.status_of("DeleteCertificate", certificateHashData=second) == "Failed"
    assert (await listed(bench))["certificateHashData"] == [second]


async def ask_for_one(bench):
    """The request that the station sends when it is told to."""
    asked = {"requestedMessage": "SignChargePointCertificate"}
    assert await bench.status_of("ExtendedTriggerMessage", **asked) == "Accepted"
    return x509.load_pem_x509_csr(bench.context.named("SignCertificate")[-1]["csr"].encode())


def chain(root, request, **changes):
    leaf = Issuer("P001", by=root, public=request.public_key(), ca=False, **changes)
    return leaf.pem + root.pem


async def test_the_station_gets_a_certificate_of_its_own():
    bench = Bench()
    await bench.configure(CpoName="Grid Ltd")
    request = await ask_for_one(bench)
    assert request.is_signature_valid
    names = {each.oid: each.value for each in request.subject}
    assert names == {NameOID.COMMON_NAME: "P001", NameOID.ORGANIZATION_NAME: "Grid Ltd"}
    pem = chain(Issuer("root"), request)
    assert await bench.status_of("CertificateSigned", certificateChain=pem) == "Accepted"
    own = bench.context.values.get("client_certificate")
    assert own["certificate"] == pem
    key = serialization.load_pem_private_key(own["key"].encode(), None)
    assert key.public_key() == request.public_key()
    assert bench.context.reconnects == 0
    # The key is used once
    assert await bench.status_of("CertificateSigned", certificateChain=pem) == "Rejected"


async def test_a_new_certificate_makes_a_new_connection_that_shows_it():
    bench = Bench()
    await bench.context.values.set("security_profile", 3)
    pem = chain(Issuer("root"), await ask_for_one(bench))
    assert await bench.status_of("CertificateSigned", certificateChain=pem) == "Accepted"
    assert bench.context.reconnects == 1


@pytest.mark.parametrize("why", ["not asked", "garbage", "other key", "expired"])
async def test_a_certificate_that_does_not_fit_is_rejected(why):
    bench = Bench()
    root = Issuer("root")
    pem = Issuer("P001", by=root, ca=False).pem
    if why != "not asked":
        request = await ask_for_one(bench)
        if why == "expired":
            pem = chain(root, request, from_day=-9, until_day=-1)
    if why == "garbage":
        pem = "garbage"
    assert await bench.status_of("CertificateSigned", certificateChain=pem) == "Rejected"
    assert bench.context.events == ["InvalidChargePointCertificate"]
    assert bench.context.values.get("client_certificate") is None


async def test_a_request_that_is_turned_down_leaves_no_key():
    bench = Bench()
    bench.context.answers["SignCertificate"] = {"status": "Rejected"}
    await ask_for_one(bench)
    assert bench.context.values.texts == {}
    bench.context.answers["SignCertificate"] = NotDeliveredError("link")
    await ask_for_one(bench)
    # It may have arrived all the same
    assert list(bench.context.values.texts) == ["client_key_pending"]
