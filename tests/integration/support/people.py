"""Brokers that ask who is there: the same questions from different users, who name themselves in tokens that nobody signed."""
import json
import pathlib
import tempfile

from . import schema_fill, targets, wire
from .conformance import ERRORS, Conformance

OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
# What the protocol calls them.
TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID = 2, 3, 4, 5
ANY, MATCH, LITERAL, PREFIXED = 1, 2, 3, 4
ALL, READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE = range(2, 13)
DENY, ALLOW = 2, 3
THE_CLUSTER = "kafka-cluster"


def codes(told):
    """The names of all errors in an answer, each once, NONE left out."""
    if isinstance(told, list):
        return set().union(*map(codes, told))
    if not isinstance(told, dict):
        return set()
    own = {ERRORS[value] for name, value in told.items() if name.lower().endswith("errorcode") and value != 0}
    return own | codes([value for value in told.values() if isinstance(value, (dict, list))])


class PeopleTest(Conformance):
    """`root` may do everything; what no entry speaks of is free to all. Others are called what a test calls them."""

    @classmethod
    def setUpClass(cls):
        cls.kind = targets.target()
        if cls.kind == "broker":
            cls.server = targets.DevBroker("--sasl-unsecured-tokens", "--acl", "--super-user", "User:root", "--allow-everyone")
            cls.bootstrap = cls.server.brokers
        else:
            cls.server = targets.Kafka()
            described = json.loads((pathlib.Path(cls.server.directory) / "cluster.json").read_text())
            cls.bootstrap = f"127.0.0.1:{described['nodes'][0]['secure_ports']['SASL_PLAINTEXT']}"
        cls.addClassCleanup(cls.server.close)
        home = tempfile.TemporaryDirectory()
        cls.addClassCleanup(home.cleanup)
        cls.home = pathlib.Path(home.name)
        cls.brokers = cls.way("root")
        cls.copies = 1

    @classmethod
    def way(cls, user, client="wire"):
        """A properties file for the user, whose program calls itself `client`."""
        path = cls.home / f"{user}-{client}.properties"
        if not path.exists():
            path.write_text(f"bootstrap.servers={cls.bootstrap}\nclient.id={client}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\n"
                            f'sasl.jaas.config={OAUTH} required unsecuredLoginStringClaim_sub="{user}";\n')
        return path

    @classmethod
    def ask_as(cls, user, api, version=None, **fields):
        version = schema_fill.versions(api)[-1] if version is None else version
        return wire.ask(cls.way(user), api, version, **schema_fill.fill(api, version, fields))

    def setUp(self):
        self.user = self.fresh("user")
        self.addCleanup(self.forget_entries, self.user)

    def forget_entries(self, user):
        self.ask("DeleteAcls", 3, filters=[{"resourceTypeFilter": 1, "resourceNameFilter": None, "patternTypeFilter": 1, "hostFilter": None,
                                            "principalFilter": f"User:{user}", "operation": 1, "permissionType": 1}])

    @staticmethod
    def entry(user, operation, kind, name, permission=ALLOW, pattern=LITERAL, host="*"):
        return {"resourceType": kind, "resourceName": name, "resourcePatternType": pattern, "principal": f"User:{user}", "host": host,
                "operation": operation, "permissionType": permission}

    def create(self, *entries, version=3):
        return [ERRORS[each["errorCode"]] for each in self.ask("CreateAcls", version, creations=list(entries))["results"]]

    def say(self, user, operation, kind, name, permission=ALLOW, pattern=LITERAL, host="*"):
        """Makes an entry and waits until the broker goes by it: Kafka's hears of it a moment later."""
        entry = self.entry(user, operation, kind, name, permission, pattern, host)
        self.assertEqual(self.create(entry), ["NONE"])
        asked = {"resourceTypeFilter": kind, "resourceNameFilter": name, "patternTypeFilter": pattern, "principalFilter": f"User:{user}",
                 "hostFilter": host, "operation": operation, "permissionType": permission}
        self.assert_comes(1, lambda: len(self.ask("DescribeAcls", 3, **asked)["resources"]))

    def reserve(self, kind, name, pattern=LITERAL):
        """For somebody else: from now on nobody may anything with it who is not told so."""
        other = self.fresh("other")
        self.addCleanup(self.forget_entries, other)
        self.say(other, ALL, kind, name, pattern=pattern)
        return name
