"""The listeners of `up --secure`, who may come in through them, and a properties file for each way."""
from . import certificates, tokens

# The word in Kafka's listener.security.protocol.map for each name.
LISTENERS = {"SSL": "SSL", "MTLS": "SSL", "SASL_PLAINTEXT": "SASL_PLAINTEXT", "SASL_SSL": "SASL_SSL"}
# One whose certificate was good until yesterday: nobody is to come in.
OUTDATED = "OUTDATED"
# One more, for tokens that are signed, where brokers can verify them with a file of keys.
SIGNED = "OIDC"
# And one for Kerberos, where `up --kerberos DIR` says how: DIR has krb5.conf, and broker.keytab with kafka/localhost.
KERBEROS = "KERBEROS"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
USER, SECRET = "alice", "alice-secret"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"


def listeners(version, kerberos=None):
    """Their names, of a broker of this version."""
    return (*LISTENERS, OUTDATED, *([SIGNED] if verifies_tokens(version) else []), *([KERBEROS] if kerberos else []))


def verifies_tokens(version):
    return int(version.split(".")[0]) >= 4


def java_options(cluster, directory):
    """What a broker is told on its command line: where keys may be read from (Kafka 4), and the system's Kerberos."""
    kerberos = [f"-Djava.security.krb5.conf={cluster['kerberos']}/krb5.conf"] if cluster.get("kerberos") else []
    if not verifies_tokens(cluster["version"]):
        return kerberos
    return [*kerberos,
            f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={keys(directory).as_uri()}",
            f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.files={keys(directory)}"]


def keys(directory):
    return directory.resolve() / "tokens" / "jwks.json"


def make_files(directory, version):
    certificates.make_all(directory / "certificates")
    if verifies_tokens(version):
        tokens.make_keys(directory / "tokens")


def scram_users():
    """For the format of the data directory."""
    return [word for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for word in ("--add-scram", f"{kind}=[name={USER},password={SECRET}]")]


def kerberos_listener(folder):
    """Its tickets are for kafka/localhost, so that is where it is."""
    prefix = f"listener.name.{KERBEROS.lower()}"
    module = "com.sun.security.auth.module.Krb5LoginModule"
    return {f"{prefix}.sasl.enabled.mechanisms": "GSSAPI",
            f"{prefix}.gssapi.sasl.jaas.config": f'{module} required useKeyTab=true storeKey=true keyTab="{folder}/broker.keytab" '
                                                 'principal="kafka/localhost" serviceName="kafka";'}


def with_listeners(told, node, directory, kerberos=None):
    """The settings of a node with the secure listeners beside the plain one."""
    ports = node["secure_ports"]
    home = directory / "certificates"
    told = dict(told)
    for which in ("listeners", "advertised.listeners"):
        told[which] += "".join(f",{name}://{'localhost' if name == KERBEROS else '127.0.0.1'}:{port}" for name, port in ports.items())
    told["listener.security.protocol.map"] += "".join(f",{name}:{'SSL' if name == OUTDATED else LISTENERS.get(name, 'SASL_PLAINTEXT')}" for name in ports)
    told.update({"ssl.keystore.type": "PKCS12", "ssl.keystore.location": home / "broker.p12",
                 "ssl.keystore.password": certificates.PASSWORD, "ssl.key.password": certificates.PASSWORD,
                 "ssl.truststore.type": "PEM", "ssl.truststore.location": home / "ca.pem",
                 "listener.name.mtls.ssl.client.auth": "required",
                 f"listener.name.{OUTDATED.lower()}.ssl.keystore.location": home / "outdated.p12",
                 "delegation.token.secret.key": "ottla-test-delegates"})
    for listener in ("sasl_plaintext", "sasl_ssl"):
        prefix = f"listener.name.{listener}"
        told[f"{prefix}.sasl.enabled.mechanisms"] = ",".join(MECHANISMS)
        told[f"{prefix}.plain.sasl.jaas.config"] = f'{PLAIN} required user_{USER}="{SECRET}";'
        for kind in ("scram-sha-256", "scram-sha-512"):
            told[f"{prefix}.{kind}.sasl.jaas.config"] = f"{SCRAM} required;"
        told[f"{prefix}.oauthbearer.sasl.jaas.config"] = f'{OAUTH} required unsecuredLoginStringClaim_sub="broker";'
    if SIGNED in ports:
        prefix = f"listener.name.{SIGNED.lower()}"
        told.update({f"{prefix}.sasl.enabled.mechanisms": "OAUTHBEARER",
                     f"{prefix}.oauthbearer.sasl.jaas.config": f'{OAUTH} required unsecuredLoginStringClaim_sub="broker";',
                     f"{prefix}.oauthbearer.sasl.server.callback.handler.class":
                         "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler",
                     f"{prefix}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url": keys(directory).as_uri(),
                     f"{prefix}.oauthbearer.sasl.oauthbearer.expected.audience": tokens.AUDIENCE,
                     f"{prefix}.oauthbearer.sasl.oauthbearer.expected.issuer": tokens.ISSUER})
    if KERBEROS in ports:
        told.update(kerberos_listener(kerberos))
    told.update(authorizer())
    return told


def authorizer():
    """Access control lists work, and forbid nothing until there are some; brokers, who talk to each other without names, may do all."""
    return {"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "true", "super.users": "User:ANONYMOUS;User:root"}


def credentials(mechanism):
    if mechanism == "OAUTHBEARER":
        return f'{OAUTH} required unsecuredLoginStringClaim_sub="{USER}";'
    return f'{PLAIN if mechanism == "PLAIN" else SCRAM} required username="{USER}" password="{SECRET}";'


def write_clients(cluster, directory):
    """DIR/clients/LISTENER[-MECHANISM].properties in Java's words: for ottla -F, and for Kafka's own tools."""
    home = directory / "clients"
    home.mkdir(exist_ok=True)
    certificate = directory / "certificates"
    for listener, protocol in LISTENERS.items():
        for mechanism in MECHANISMS if protocol.startswith("SASL") else (None,):
            told = {"bootstrap.servers": ",".join(f"127.0.0.1:{node['secure_ports'][listener]}" for node in cluster["nodes"]),
                    "security.protocol": protocol}
            if protocol.endswith("SSL"):
                told.update({"ssl.truststore.type": "PEM", "ssl.truststore.location": certificate / "ca.pem"})
            if listener == "MTLS":
                told.update({"ssl.keystore.type": "PKCS12", "ssl.keystore.location": certificate / "client.p12",
                             "ssl.keystore.password": certificates.PASSWORD, "ssl.key.password": certificates.PASSWORD})
            if mechanism:
                told.update({"sasl.mechanism": mechanism, "sasl.jaas.config": credentials(mechanism)})
            name = listener.lower() + (f"-{mechanism.lower()}" if mechanism else "")
            (home / f"{name}.properties").write_text("".join(f"{key}={value}\n" for key, value in told.items()))
