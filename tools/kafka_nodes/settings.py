"""What each node is told in server.properties: small copies of what a real cluster has, so that it starts quickly."""
from . import jars


def of_node(cluster, node, data_directory):
    """server.properties as a dict; what the user set comes last and wins."""
    version, count = cluster["version"], len(cluster["nodes"])
    copies = min(3, count)
    told = {
        "log.dirs": data_directory,
        "default.replication.factor": copies,
        "min.insync.replicas": min(2, count),
        "num.partitions": 1,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 5,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": min(2, count),
        "transaction.state.log.num.partitions": 5,
        "group.initial.rebalance.delay.ms": 0,
    }
    if int(version.split(".")[0]) >= 4:
        told.update({"share.coordinator.state.topic.replication.factor": copies,
                     "share.coordinator.state.topic.min.isr": min(2, count),
                     "share.coordinator.state.topic.num.partitions": 5,
                     # What a group may be told, not what it is: tests of crashes give theirs short sessions.
                     "group.consumer.min.session.timeout.ms": 6000,
                     "group.consumer.min.heartbeat.interval.ms": 500})
    if count > 1:  # as clusters over several places have it: readers may say where they are (KIP-392)
        told.update({"broker.rack": f"rack-{node['id']}",
                     "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector"})
    told.update(kraft(cluster, node) if jars.is_kraft(version) else with_zookeeper(cluster, node))
    told.update(cluster["settings"])
    return told


def kraft(cluster, node):
    """Broker and controller in one process; the voters are fixed, so that formatting needs no order."""
    voters = ",".join(f"{other['id']}@127.0.0.1:{other['inner_port']}" for other in cluster["nodes"])
    return {
        "process.roles": "broker,controller",
        "node.id": node["id"],
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listeners": f"PLAINTEXT://127.0.0.1:{node['port']},CONTROLLER://127.0.0.1:{node['inner_port']}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{node['port']}",
    }


def with_zookeeper(cluster, node):
    return {
        "broker.id": node["id"],
        "zookeeper.connect": f"127.0.0.1:{cluster['zookeeper']['port']}",
        "zookeeper.session.timeout.ms": 9000,
        "listeners": f"PLAINTEXT://127.0.0.1:{node['port']}",
    }


LOG4J2 = """<Configuration status="WARN">
  <Appenders><Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d %p %m (%c{1})%n"/></Console></Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""

LOG4J1 = """log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %m (%c{1})%n
"""
