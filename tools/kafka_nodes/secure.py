"""The listeners of `up --secure`, who may come in through them, and a properties file for each way."""
from . import certificates

# The word in Kafka's listener.security.protocol.map for each name.
LISTENERS = {"SSL": "SSL", "MTLS": "SSL", "SASL_PLAINTEXT": "SASL_PLAINTEXT", "SASL_SSL": "SASL_SSL"}
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
USER, SECRET = "alice", "alice-secret"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"


def scram_users():
    """For the format of the data directory."""
    return [word for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for word in ("--add-scram", f"{kind}=[name={USER},password={SECRET}]")]


def with_listeners(told, node, directory):
    """The settings of a node with the secure listeners beside the plain one."""
    ports = node["secure_ports"]
    home = directory / "certificates"
    told = dict(told)
    told["listeners"] += "".join(f",{name}://127.0.0.1:{port}" for name, port in ports.items())
    told["advertised.listeners"] += "".join(f",{name}://127.0.0.1:{port}" for name, port in ports.items())
    told["listener.security.protocol.map"] += "".join(f",{name}:{LISTENERS[name]}" for name in ports)
    told.update({"ssl.keystore.type": "PKCS12", "ssl.keystore.location": home / "broker.p12",
                 "ssl.keystore.password": certificates.PASSWORD, "ssl.key.password": certificates.PASSWORD,
                 "ssl.truststore.type": "PEM", "ssl.truststore.location": home / "ca.pem",
                 "listener.name.mtls.ssl.client.auth": "required"})
    for listener in ("sasl_plaintext", "sasl_ssl"):
        prefix = f"listener.name.{listener}"
        told[f"{prefix}.sasl.enabled.mechanisms"] = ",".join(MECHANISMS)
        told[f"{prefix}.plain.sasl.jaas.config"] = f'{PLAIN} required user_{USER}="{SECRET}";'
        for kind in ("scram-sha-256", "scram-sha-512"):
            told[f"{prefix}.{kind}.sasl.jaas.config"] = f"{SCRAM} required;"
        told[f"{prefix}.oauthbearer.sasl.jaas.config"] = f'{OAUTH} required unsecuredLoginStringClaim_sub="broker";'
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
